/* SPDX-License-Identifier: MIT */
/* The end of a session: a rebase, cherry-pick or the like that stopped half-way, which the host would go on with. */
#ifndef GITTODO_H
#define GITTODO_H

#include <time.h>

#include "account.h"
#include "policy.h"

/*
 * Names what of one in a repository or linked worktree was written since (inodetime_after()) and starts a program: the list of a
 * rebase, a merge strategy that is none of git's; or has git write elsewhere. It is the agent's to write, as a rebase inside
 * does; `git rebase --continue` outside is what must not come unawares.
 * dir: the git directories, as gitexit() has them. Bounded.
 */
void gittodo_say(struct account *a, const struct policy *p, const int *dir, struct timespec since);

/* Pure, of a file's text, which is changed; owned; NULL: nothing is said of it. */
char *gittodo_list(char *text);	     /* git-rebase-todo: the first command that it starts */
char *gittodo_strategy(char *text);  /* rebase-merge/strategy: what is started for it */
char *gittodo_options(char *text);   /* sequencer/opts: the same */
char *gittodo_apply_opt(char *text); /* rebase-apply/apply-opt: an option that git am has not given */
/* The same of one git directory, at path, that was made inside or was not known at the start; moved: it may have come there. */
void gittodo_say_other(struct account *a, const struct policy *p, int dir, const char *path, bool moved,
		       struct timespec since);

#endif
