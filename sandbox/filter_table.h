/* SPDX-License-Identifier: MIT */
/*
 * The table of data/syscalls.def as data: for filter.c, filter_build.c and the
 * tests that hold the compiled program against it. Everything else uses filter.h.
 */
#ifndef FILTER_TABLE_H
#define FILTER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

enum filter_op {
	FILTER_NONE,   /* no test: holds */
	FILTER_EQ,     /* low 32 bits == value */
	FILTER_NE,     /* low 32 bits != value */
	FILTER_ANY,    /* low 32 bits have one of value's */
	FILTER_MASKED, /* low 32 bits & mask == value */
	FILTER_SET,    /* not zero in 64 bits */
};

struct filter_test {
	enum filter_op op;
	unsigned int arg;
	uint32_t mask, value;
};

enum filter_abi { FILTER_ABI_ALL, FILTER_ABI_X86 };

struct filter_row {
	const char *name, *group, *why;
	enum filter_abi abi; /* of plain rows */
	uint32_t action;     /* SECCOMP_RET_*, errno included */
	bool tell;	     /* logged by the supervisor when refused */
	bool is_if;	     /* an SYS_IF row; its plain row has the same name */
	struct filter_test test[2];
};

/* What filter_resolve says of names without a number. */
enum { FILTER_NR_ABSENT = -1, FILTER_NR_UNKNOWN = -2, FILTER_NR_CLASH = -3 };
/* Numbers are below this; a larger one in the table or the library is an error. */
enum { FILTER_NR_END = 1024 };

/* All rows in file order; n is set. */
const struct filter_row *filter_rows(size_t *n);
/* The plain row of a name, or NULL. */
const struct filter_row *filter_row_find(const char *name);
/* The first SYS_IF row of row's call behind `after` (NULL: the first of all), or NULL. */
const struct filter_row *filter_row_next_if(const struct filter_row *row, const struct filter_row *after);
/* Whether all tests of the row hold; arguments only, not the number. */
bool filter_row_holds(const struct filter_row *row, const struct seccomp_data *data);
/* The plain row that judges a number, also one of 32-bit programs; NULL: none. */
const struct filter_row *filter_row_at(uint32_t arch, int nr);
/* The FILTER_* under which this call of the row would pass; 0: none. */
unsigned int filter_opened_by(const struct filter_row *plain, const struct seccomp_data *data);
/*
 * The number of a call on an architecture; FILTER_NR_ABSENT when only others
 * have it, _UNKNOWN when neither table nor libseccomp knows the name, _CLASH
 * when they differ.
 */
int filter_resolve(uint32_t arch, const char *name);

/* As --list-syscalls prints them: "EPERM"; " arg1=0x5412", nothing for FILTER_NONE. */
void filter_put_action(FILE *out, uint32_t action);
void filter_put_test(FILE *out, const struct filter_test *t);

/* Made by gen/mkfilter. */
extern const struct sock_filter filter_default_x86_64[], filter_default_aarch64[];
extern const size_t filter_default_x86_64_n, filter_default_aarch64_n;
extern const struct sock_filter filter_told_x86_64[], filter_told_aarch64[];
extern const size_t filter_told_x86_64_n, filter_told_aarch64_n;

#endif
