/* SPDX-License-Identifier: MIT */
/* The end of a session: held files of which git's index has another text, after a switch of branches, say. */
#ifndef GITHELD_H
#define GITHELD_H

#include <time.h>

#include "account.h"
#include "policy.h"

struct githeld_start {
	struct strv left;   /* "OBJECT PATH" of held files that git was not to look at before the session */
	struct strv sparse; /* repositories in which git has only some files checked out */
};

struct githeld_start githeld_begin(const struct policy *p);
void githeld_start_done(struct githeld_start *s);

/*
 * Names them, of each repository whose index was written since (inodetime_after()): a git inside that could not write
 * them went on, and the next `git commit -a` would undo what the branch has; or somebody inside put a text there that
 * `git restore` writes outside, where the host acts on it. So nothing that writes it is advised. Bounded.
 * dir: the git directories, as gitexit() has them.
 */
void githeld_say(struct account *a, const struct policy *p, const int *dir, const struct githeld_start *start,
		 struct timespec since);

#endif
