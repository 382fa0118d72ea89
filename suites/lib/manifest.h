/* SPDX-License-Identifier: MIT */
/*
 * probes/MANIFEST: what each probe is and what must be seen in each arm. The
 * columns are explained at the head of that file. Strict: a row that is not
 * fully understood fails the whole file.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include "diag.h"
#include "strv.h"

#define MANIFEST_MAX_BYTES ((size_t)1 << 20)
#define MANIFEST_ERRNOS	   8

enum manifest_where { MANIFEST_DESTRUCTIVE, MANIFEST_HARMLESS };
enum manifest_open {
	MANIFEST_OPEN_NONE,
	MANIFEST_OPEN_ALLOWED,
	MANIFEST_OPEN_CALIBRATED,
	MANIFEST_OPEN_DENIED
};
enum manifest_boxed { MANIFEST_BOXED_NONE, MANIFEST_BOXED_DENIED, MANIFEST_BOXED_ALLOWED };

struct manifest_row {
	char *id, *threat, *class, *severity; /* owned */
	enum manifest_where where;
	bool alone; /* no other probe of its box runs beside it */
	bool required;
	struct strv needs; /* inputs and features; empty: none */
	double deadline;   /* seconds */
	enum manifest_open open;
	char *
	    calibrated; /* owned; of MANIFEST_OPEN_CALIBRATED: what the kernel answers, "EFAULT", "0"; else NULL */
	enum manifest_boxed boxed;
	char *denied_by[MANIFEST_ERRNOS + 1]; /* owned; NULL-terminated; empty: any errno */
	struct strv layers;
	struct strv mutants;
	char *title; /* owned */
};

struct manifest {
	struct manifest_row *row; /* owned; in the order of the ids */
	size_t n;
};
#define AUTO_MANIFEST __attribute__((cleanup(manifest_done)))

/*
 * Parses text[0..len). 0, or -EINVAL with "NAME:LINE: what". manifest_done
 * releases *ret in both cases.
 */
int manifest_parse(const char *name, const char *text, size_t len, struct manifest *ret, struct diag *d);
/* The same from a file; -errno when it can't be read. */
int manifest_load(const char *path, struct manifest *ret, struct diag *d);
void manifest_done(struct manifest *m);

/* The row of an id, borrowed, or NULL. */
const struct manifest_row *manifest_find(const struct manifest *m, const char *id);
/* True for rows whose attempt must succeed inside (ok-*). */
bool manifest_is_function(const struct manifest_row *row);
/* "denied", "denied:EPERM,EACCES", "allowed": what the column says of an arm. Owned by the caller. */
char *manifest_expected(const struct manifest_row *row, bool open);

#endif
