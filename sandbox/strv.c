/* SPDX-License-Identifier: MIT */
/* A growing vector of owned strings. No system calls. */
#include "strv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

void strv_add(struct strv *s, const char *str)
{
	strv_take(s, xstrdup(str));
}

void strv_take(struct strv *s, char *str)
{
	/* One slot is always left for the NULL at the end. */
	if (s->n + 1 >= s->cap) {
		size_t cap = s->cap > 0 ? s->cap * 2 : 8;

		s->v = xrealloc_array(s->v, cap, sizeof(*s->v));
		s->cap = cap;
	}
	s->v[s->n++] = str;
	s->v[s->n] = NULL;
}

void strv_addf(struct strv *s, const char *fmt, ...)
{
	char *str = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&str, fmt, ap);
	va_end(ap);
	if (r < 0 || str == NULL)
		mem_oom();
	strv_take(s, str);
}

bool strv_has(const struct strv *s, const char *str)
{
	for (size_t i = 0; i < s->n; i++) {
		if (streq(s->v[i], str))
			return true;
	}
	return false;
}

static int strv_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), strv_compare);
}

bool strv_has_sorted(const struct strv *s, const char *str)
{
	return s->n > 0 && bsearch(&str, s->v, s->n, sizeof(*s->v), strv_compare) != NULL;
}

void strv_drop_sorted(struct strv *s, const char *str)
{
	char **at;

	while (s->n > 0 && (at = bsearch(&str, s->v, s->n, sizeof(*s->v), strv_compare)) != NULL) {
		free(*at);
		memmove(at, at + 1, (size_t)(s->v + s->n - at) * sizeof(*at)); /* with the NULL */
		s->n--;
	}
}

void strv_done(struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strv){ 0 };
}

const char *env_get(char *const *env, const char *name)
{
	size_t len = strlen(name);

	if (env == NULL)
		return NULL;
	for (; *env != NULL; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	}
	return NULL;
}
