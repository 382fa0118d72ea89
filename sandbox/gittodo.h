/* SPDX-License-Identifier: MIT */
/* The end of a session: a rebase that stopped half-way has a list of commands, which the host would go on with. */
#ifndef GITTODO_H
#define GITTODO_H

#include <time.h>

#include "account.h"
#include "policy.h"

/*
 * Names each list of a repository or linked worktree that was written since (inodetime_after()) and starts a program. It is the
 * agent's to write, as a rebase inside does; `git rebase --continue` outside is what must not come unawares.
 * dir: the git directories, as gitexit() has them. Bounded.
 */
void gittodo_say(struct account *a, const struct policy *p, const int *dir, struct timespec since);

#endif
