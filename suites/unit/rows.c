/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "unit.h"

/* In place, and how many bytes it is then. */
static size_t unescape(char *s)
{
	static const char names[] = "rnt\\", bytes[] = "\r\n\t\\";
	char *begin = s, *to = s;

	for (; *s != '\0'; s++) {
		const char *name = s[0] == '\\' && s[1] != '\0' ? strchr(names, s[1]) : NULL;
		unsigned c;

		if (*s != '\\') {
			*to++ = *s;
		} else if (name != NULL) {
			*to++ = bytes[name - names];
			s++;
		} else {
			ck_assert_msg(strlen(s) >= 4 && sscanf(s, "\\x%2x", &c) == 1, "no escape: %s", s);
			*to++ = (char)c;
			s += 3;
		}
	}
	*to = '\0';
	return (size_t)(to - begin);
}

struct rows rows_load(const char *path, size_t fields)
{
	AUTO_FILE FILE *f = fopen(path, "re");
	AUTO_FREE char *line = NULL;
	struct rows r = { 0 };
	unsigned number = 0;
	size_t cap = 0;

	ck_assert_msg(f != NULL, "%s: run from the top of the tree", path);
	while (getline(&line, &cap, f) >= 0) {
		struct rows_row row = { .line = ++number };
		char *rest = line, *field;
		size_t n = 0;

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		while ((field = strsep(&rest, "\t")) != NULL) {
			ck_assert_msg(n < fields, "%s:%u: too many fields", path, number);
			row.field[n] = xstrdup(field);
			row.n[n] = unescape(row.field[n]);
			n++;
		}
		ck_assert_msg(n == fields, "%s:%u: too few fields", path, number);
		r.row = xrealloc_array(r.row, r.n + 1, sizeof(*r.row));
		r.row[r.n++] = row;
	}
	ck_assert_msg(r.n > 0, "%s: no row", path);
	return r;
}

void rows_done(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < ROWS_FIELDS; k++)
			free(r->row[i].field[k]);
	free(r->row);
}
