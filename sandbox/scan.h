/* SPDX-License-Identifier: MIT */
/*
 * A walk of the bound trees for what a bind can't keep out: sockets and FIFOs
 * (a mount doesn't stop connecting or writing), what the `mask` setting names,
 * setuid files, mounts of the kernel's own file systems, directories that can't be
 * searched for these, and what the host would run by itself (autorun.def). Breadth
 * first, bounded in time; big generated trees last. What git's own directories list
 * (policy.git.listed) and the tops of the trees come before everything, whatever the time.
 */
#ifndef SCAN_H
#define SCAN_H

#include "autorun.h"
#include "compose.h"
#include "diag.h"
#include "policy.h"
#include "strv.h"

#include <time.h>

struct scan_walk;

struct scan {
	struct compose_found found;   /* owned */
	struct autorun_found autorun; /* owned */
	struct strv notes;	      /* what led elsewhere */
	struct strv weaker;	      /* what can't be protected */
	struct policy_start *start;   /* owned; also what is not there */
	size_t nstart;
	/*
	 * When the box began to run, by inodetime_after(); NULL: it does not. Directories that were changed since, before
	 * they were searched, are in touched: what was to be held in them may have been moved away.
	 */
	const struct timespec *since;
	struct strv touched;
	struct strv
	    unsearched; /* by scan_changed: what is in them can't be looked at, and the session could use it */
	bool incomplete;	/* the time ran out first */
	bool names_known;	/* only setuid files are left to look for */
	size_t entries;		/* looked at */
	struct scan_walk *walk; /* owned; where it stands, NULL: at the end */
};

/*
 * rootfd: the host's root. mounts: the text of mountinfo. milliseconds: how long it may take; 0: no limit.
 * 0 or -errno with *d set: where `mask` names something and a directory that the
 * box could open can't be searched. scan_done releases *ret after both.
 */
int scan_trees(const struct policy *policy, int rootfd, const char *mounts, unsigned milliseconds,
	       struct scan *ret, struct diag *d);
/*
 * Goes on where the time ended, without a limit, until so much is found (0: to the end). What was
 * found before is forgotten. 1 when something is left, 0, or -errno. By then the box runs: what is
 * found may be gone when it is to be protected.
 */
int scan_rest(struct scan *s, size_t batch, struct diag *d);
/* The descriptors that scan_rest needs; owned array, *n of them, and room for `more`. */
int *scan_fds(const struct scan *s, size_t more, size_t *n);
/*
 * The directory above path, in its tree, that came there by its name since, or may have: what is below it is not what it
 * was. Owned; NULL: none, also once path is held, with what is above it.
 */
char *scan_moved(const struct scan *s, const char *path, struct timespec since);
/*
 * At the end of a session, where the time ended at its start: what the host runs by itself, was held by nothing then
 * and was changed since: it, what is in it, or what leads to it. held: sorted (strv_sort), what was held later, but when
 * scan_moved said nothing of it. Nothing may run in the trees any more. 0; 1 when the deadline (of CLOCK_MONOTONIC) was
 * reached first; -errno. In all cases *ret has the paths that were found, in order, with what else is to be said of one
 * behind it in brackets. Directories that were closed after the start only, and are as they were, are in s->unsearched:
 * who had opened a file in one could go on writing to it. Those in held were closed before. Beside them are there
 * those that can't be read to their end.
 */
int scan_changed(struct scan *s, struct timespec since, const struct strv *held, struct timespec deadline,
		 struct strv *ret, struct diag *d);
/* The same of a session that is gone, of which only `held` is known: what was held from its start is looked at, too. */
int scan_changed_before(const struct policy *policy, int rootfd, const char *mounts, struct timespec since,
			const struct strv *held, struct timespec deadline, struct scan *ret,
			struct strv *changed, struct diag *d);
void scan_done(struct scan *s);

#endif
