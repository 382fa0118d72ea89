/* SPDX-License-Identifier: MIT */
/* The syntax of git's config files, as git reads and writes it. Pure. */
#ifndef GITCONF_H
#define GITCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "strv.h"

/* Larger files, and more, are no config of people's. */
#define GITCONF_MAX	  (1u << 20)
#define GITCONF_ITEMS_MAX 10000
#define GITCONF_NAME_MAX  1024 /* of a section with its subsection */

struct gitconf_item {
	char *key;	   /* owned; "section.key" or "section.sub.key"; section and key in lower case */
	char *value;	   /* owned; NULL: the key stands alone, which means true */
	size_t start, end; /* of its bytes in the text; the end of the line is not part of it */
	size_t section;	   /* index; 0: before the first header */
};
struct gitconf_section {
	char *name;   /* owned; "section" or "section.sub" */
	size_t start; /* of its header */
	size_t body;  /* the first byte behind it */
};
struct gitconf {
	struct gitconf_item *item; /* owned */
	size_t n, cap;
	struct gitconf_section *section; /* owned; [0] is what precedes all headers */
	size_t nsection;
};

/* 0, or -errno: EILSEQ with *ret_line where it is no config, E2BIG for one without end. NUL is no text. */
int gitconf_parse(const char *text, size_t len, struct gitconf *ret, unsigned *ret_line);
void gitconf_done(struct gitconf *c); /* accepts {0} */
#define AUTO_GITCONF __attribute__((cleanup(gitconf_done)))

/* The last value of a key; NULL: none, or one without "=". Borrowed. */
const char *gitconf_get(const struct gitconf *c, const char *key);

/*
 * The text with other values of one key, owned: `values` in the place of the first
 * one that it has, behind the rest of its section, or in a new section at the end.
 * No values: it goes, and a section that would be left empty with it. A value that
 * is "" stays one. The rest of the text is as it was. NULL: the text can't be parsed.
 */
char *gitconf_set(const char *text, const char *key, const struct strv *values);

/* Writes `[section "sub"]\n\tkey = value\n`. value NULL: the key alone. */
void gitconf_write(FILE *f, const char *key, const char *value);

/* git's wildmatch(3) with WM_PATHNAME: `*` and `?` stop at slashes, `**` does not. */
bool gitconf_match(const char *pattern, const char *text, bool fold_case);

#endif
