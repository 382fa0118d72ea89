/* SPDX-License-Identifier: MIT */
/* A growing, NULL-terminated vector of owned strings. {0} is an empty one. */
#ifndef STRV_H
#define STRV_H

#include <stdbool.h>
#include <stddef.h>

struct strv {
	char **v; /* owned, NULL-terminated once non-empty; NULL while empty */
	size_t n, cap;
};

void strv_add(struct strv *s, const char *str); /* copies */
void strv_take(struct strv *s, char *str);	/* takes ownership */
void strv_addf(struct strv *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool strv_has(const struct strv *s, const char *str);
void strv_sort(struct strv *s);				     /* by strcmp(3) */
bool strv_has_sorted(const struct strv *s, const char *str); /* in one that is */
void strv_drop_sorted(struct strv *s, const char *str);	     /* from one that is */
void strv_done(struct strv *s);				     /* frees all; accepts {0} */
#define AUTO_STRV __attribute__((cleanup(strv_done)))

/* For environ-like vectors "NAME=VALUE": the value, borrowed, or NULL. */
const char *env_get(char *const *env, const char *name);

#endif
