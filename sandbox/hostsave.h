/* SPDX-License-Identifier: MIT */
/*
 * Single files in writable trees that take no writes inside, and that the host replaces during a session: an editor, git
 * or the agent there, by a new file and a rename. That takes the mount away which made the file read-only, and
 * what is inside can write to the new one until it is mounted again. So all in the box is stopped, the new file is
 * compared with what stood there before, and what is not known to be the host's alone goes to quarantine.
 */
#ifndef HOSTSAVE_H
#define HOSTSAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include "account.h"
#include "beside.h"
#include "diag.h"
#include "plan.h"
#include "policy.h"
#include "quarantine.h"

struct hostsave;

struct hostsave_opts {
	const struct plan *plan;
	const struct policy *policy;
	struct quarantine *quarantine;
	const int *tree; /* the writable trees, in the order of policy->entry */
	size_t ntree;
	struct timespec since;	     /* the command was not yet let go, by inodetime_after() */
	const struct beside *beside; /* what may be another session's; NULL: nothing is */
	int mnt;		     /* the box's mount namespace */
	pid_t init;		     /* PID 1 of its processes */
	bool later;		     /* there is a terminal: what is done is said at the end alone */
};

/* The command runs. NULL: there is no such file. */
struct hostsave *hostsave_start(const struct hostsave_opts *opts);
/* Readable when there is something to do. */
int hostsave_fd(const struct hostsave *h);
/* Does it. -errno: a file can't be made read-only again; the session is to be ended. */
int hostsave_step(struct hostsave *h, struct diag *d);
/* Once for each time that the command was stopped for it: true. */
bool hostsave_stopped(struct hostsave *h);
/* All of the box has ended: looks once more, and hands in what was done. NULL: nothing. */
void hostsave_end(struct account *account, struct hostsave *h);
void hostsave_done(struct hostsave *h); /* accepts NULL */

#endif
