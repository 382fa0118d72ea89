/* SPDX-License-Identifier: MIT */
/* The end of a session: worktrees of before that were removed inside, which can't be done wholly there, and lost ones. */
#ifndef GITGONE_H
#define GITGONE_H

#include <time.h>

#include "account.h"
#include "policy.h"

/*
 * Of a worktree whose record the sandbox took away, what was held is removed too, once nothing else is left of it: its
 * .git file, which says where the repository is. No file that the sandbox could remove itself is removed here: where
 * such are left, what to do is said. project: its directory, as gitexit() has it.
 */
void gitgone(struct account *a, const struct policy *p, int project);

/* Names worktrees that git made in the fresh home, /tmp and the like: their files end with the session. */
void gitgone_lost(struct account *a, const struct policy *p, const int *dir, struct timespec since);

#endif
