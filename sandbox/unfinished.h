/* SPDX-License-Identifier: MIT */
/*
 * The mark of a session: a file that is locked while the session's launcher lives, and gone when its end has told what was
 * changed. One that nobody locks is of a session that was killed: the next one of the project tells it. Where the search
 * for what the host runs was cut short it lies in the state folder, and what the search notes for its end (finish.h) is
 * kept in it; else it is empty, and lies in memory: in /dev/shm, in a directory of the box's user.
 */
#ifndef UNFINISHED_H
#define UNFINISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include "diag.h"
#include "policy.h"

struct unfinished {
	int dir, fd; /* owned; -1: none */
	char *name;  /* owned */
	char *
	    memory; /* owned; its directory in /dev/shm, which goes with the last mark in it; NULL: the state folder */
};

/*
 * Before the command runs. notes: somebody will note. The mark's file, open for reading and writing; -errno with *d set:
 * the folder can't be had, or the box could write there. unfinished_end takes the mark away.
 */
int unfinished_begin(const struct policy *p, char *const *env, struct timespec since, bool notes,
		     struct unfinished *ret, struct diag *d);
/* 0, or -errno: the mark is still there. */
int unfinished_end(struct unfinished *u);

/*
 * Before a session: takes one mark that a killed session of the project left, locked, so that no other start tells it
 * too, with the time that session began. False: there is none.
 */
bool unfinished_find(const struct policy *p, char *const *env, struct unfinished *ret,
		     struct timespec *since);

/* What the name of a mark says. */
struct unfinished_mark {
	struct timespec since;
	pid_t pid;    /* of the launcher, in its own namespace */
	bool project; /* it is of the policy's project */
};

/* Those of sessions that run, in whatever project, of the box's user. *ret: owned, as many as returned. */
size_t unfinished_running(const struct policy *p, char *const *env, struct unfinished_mark **ret);

#endif
