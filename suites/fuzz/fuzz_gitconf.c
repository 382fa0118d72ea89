/* SPDX-License-Identifier: MIT */
/* Any bytes as a git config: what is read can be written, read again and is the same; an edit changes one key. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gitconf.h"
#include "mem.h"
#include "strv.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : streq(a, b);
}

static void same_items(const struct gitconf *a, const struct gitconf *b, const char *but)
{
	size_t k = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (but != NULL && streq(a->item[i].key, but))
			continue;
		while (but != NULL && k < b->n && streq(b->item[k].key, but))
			k++;
		check(k < b->n && streq(a->item[i].key, b->item[k].key) &&
		      same(a->item[i].value, b->item[k].value));
		k++;
	}
	while (but != NULL && k < b->n && streq(b->item[k].key, but))
		k++;
	check(k == b->n);
}

/* All of it in git's own form, where every item has a section of its own. */
static void round_trip(const struct gitconf *c)
{
	AUTO_GITCONF struct gitconf again = { 0 };
	AUTO_FREE char *text = NULL;
	size_t len;
	FILE *f;

	for (size_t i = 0; i < c->n; i++)
		if (strchr(c->item[i].key, '.') == NULL)
			return;
	f = open_memstream(&text, &len);
	check(f != NULL);
	for (size_t i = 0; i < c->n; i++)
		gitconf_write(f, c->item[i].key, c->item[i].value);
	fclose(f);
	if (len > GITCONF_MAX)
		return;
	check(gitconf_parse(text, len, &again, NULL) == 0);
	same_items(c, &again, NULL);
}

static void edit(const char *text, const struct gitconf *c, const char *key, const struct strv *values)
{
	AUTO_GITCONF struct gitconf again = { 0 };
	AUTO_FREE char *out = gitconf_set(text, key, values);
	size_t n = 0;

	check(out != NULL);
	if (strlen(out) > GITCONF_MAX)
		return;
	check(gitconf_parse(out, strlen(out), &again, NULL) == 0);
	for (size_t i = 0; i < again.n; i++)
		if (streq(again.item[i].key, key))
			check(n < values->n && same(again.item[i].value, values->v[n++]));
	check(n == values->n);
	same_items(c, &again, key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly its size and a NUL, so that a read beyond it is seen. */
	AUTO_FREE char *text = xmalloc(size + 1);
	AUTO_GITCONF struct gitconf c = { 0 };
	AUTO_STRV struct strv none = { 0 };
	AUTO_STRV struct strv two = { 0 };

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (gitconf_parse(text, size, &c, NULL) < 0)
		return 0;
	for (size_t i = 0; i < c.n; i++)
		check(c.item[i].start < c.item[i].end && c.item[i].end <= size &&
		      c.item[i].section < c.nsection);
	round_trip(&c);
	strv_add(&two, " a;\"b\\ ");
	strv_add(&two, "");
	edit(text, &c, "branch.x.merge", &two);
	edit(text, &c, "branch.x.merge", &none);
	for (size_t i = 0; i < c.n && i < 4; i++)
		if (strchr(c.item[i].key, '.') != NULL) {
			edit(text, &c, c.item[i].key, &none);
			edit(text, &c, c.item[i].key, &two);
			gitconf_match(c.item[i].key, c.item[i].value != NULL ? c.item[i].value : "", true);
		}
	return 0;
}
