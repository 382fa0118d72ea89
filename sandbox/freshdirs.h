/* SPDX-License-Identifier: MIT */
/*
 * The directories that bwrap makes afresh, and all that may lie in each: what
 * the plan puts there, and what bwrap does of its own accord. No system calls.
 * Of the stage "bwrap" only, as mounttable.h.
 */
#ifndef FRESHDIRS_H
#define FRESHDIRS_H

#include <stdbool.h>
#include "plan.h"

struct freshdirs_place {
	char *path; /* owned */
	bool dir;   /* a fresh directory: nothing lies in it but other places */
};

struct freshdirs {
	struct freshdirs_place *place; /* owned; in the order of paths: a directory before what lies in it */
	size_t n, cap;
};

/* Nothing that the stage "bwrap" mounts later hides what the operation at that index makes. */
bool freshdirs_on_top(const struct plan *plan, size_t at);
void freshdirs_plan(const struct plan *plan, struct freshdirs *ret);
void freshdirs_done(struct freshdirs *f); /* accepts {0} */
/* Whether the directory may have that entry. */
bool freshdirs_has(const struct freshdirs *f, const char *dir, const char *name);

#endif
