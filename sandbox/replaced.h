/* SPDX-License-Identifier: MIT */
/*
 * Files of the host that were replaced (useradd(8), an editor) while bwrap mounted over their names, and what was taken
 * away (a package manager, a tool that updates itself) before bwrap could bind it.
 */
#ifndef REPLACED_H
#define REPLACED_H

#include <time.h>
#include "bwrap.h"
#include "plan.h"

/*
 * The first file that bwrap covers, that `words` (of a start that failed) name
 * and whose name on the host leads to something changed since then, or for the moment nowhere;
 * where bwrap could not mount over it, also just before. NULL: none, the failure has another cause. Borrowed.
 */
const char *replaced_find(const struct plan *plan, const char *words, struct timespec since);

/*
 * The first source of a bind that is not there, now or, as `words` (of a start that failed) have it, when bwrap
 * looked: the plan is of a machine that is no more. What is staged is held by a mount and can't go. NULL: none.
 * Borrowed.
 */
const char *replaced_gone(const struct plan *plan, const struct bwrap_staged *staged, size_t n,
			  const char *words);

#endif
