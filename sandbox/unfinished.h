/* SPDX-License-Identifier: MIT */
/*
 * The mark of a session whose search for what the host runs was cut short: a file in the state folder, locked while the
 * session's launcher lives, and gone when its end has told what was changed. One that nobody locks is of a session that
 * was killed: the next one of the project tells it. What the search notes for its end (finish.h) is kept in it.
 */
#ifndef UNFINISHED_H
#define UNFINISHED_H

#include <stdbool.h>
#include <time.h>
#include "diag.h"
#include "policy.h"

struct unfinished {
	int dir, fd; /* owned; -1: none */
	char *name;  /* owned */
};

/*
 * Before the command runs. The mark's file, open for reading and writing, for whoever notes; -errno with *d set: the
 * state folder can't be had, or the box could write there. unfinished_end takes the mark away.
 */
int unfinished_begin(const struct policy *p, char *const *env, struct timespec since, struct unfinished *ret,
		     struct diag *d);
/* 0, or -errno: the mark is still there. */
int unfinished_end(struct unfinished *u);

/*
 * Before a session: takes one mark that a killed session of the project left, locked, so that no other start tells it
 * too, with the time that session began. False: there is none.
 */
bool unfinished_find(const struct policy *p, char *const *env, struct unfinished *ret,
		     struct timespec *since);

#endif
