/* SPDX-License-Identifier: MIT */
/* The end of a session: held files that git inside could not write, at a switch of branches, say. */
#ifndef GITHELD_H
#define GITHELD_H

#include <time.h>

#include "account.h"
#include "policy.h"

/*
 * Names them, of each repository whose index was written since (inodetime_after()): git said so and went on, so they are
 * not as in the commit that is checked out, and the next `git commit -a` would undo what that did. Bounded.
 * dir: the git directories, as gitexit() has them.
 */
void githeld_say(struct account *a, const struct policy *p, const int *dir, struct timespec since);

#endif
