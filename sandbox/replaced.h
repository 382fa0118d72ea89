/* SPDX-License-Identifier: MIT */
/* Files of the host that were replaced (useradd(8), an editor) while bwrap mounted over their names. */
#ifndef REPLACED_H
#define REPLACED_H

#include <time.h>
#include "plan.h"

/*
 * The first file that bwrap covers, that `words` (of a start that failed) name
 * and whose name on the host leads to something changed since then, or for the moment nowhere;
 * where bwrap could not mount over it, also just before. NULL: none, the failure has another cause. Borrowed.
 */
const char *replaced_find(const struct plan *plan, const char *words, struct timespec since);

#endif
