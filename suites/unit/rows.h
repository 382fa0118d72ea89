/* SPDX-License-Identifier: MIT */
/* Tables of bytes in fixtures/: a line a row, tabs between fields, # before a comment, and \r \n \t \\ \xNN as in C. */
#ifndef ROWS_H
#define ROWS_H

#include <stddef.h>

#define ROWS_FIELDS 3

struct rows_row {
	unsigned line;
	size_t n[ROWS_FIELDS];	  /* bytes of each field */
	char *field[ROWS_FIELDS]; /* owned; with a NUL behind */
};

struct rows {
	struct rows_row *row; /* owned */
	size_t n;
};

/* All rows of a file; a row with another number of fields, or a file without one, ends the test. */
struct rows rows_load(const char *path, size_t fields);
void rows_done(struct rows *r);
#define AUTO_ROWS __attribute__((cleanup(rows_done)))

#endif
