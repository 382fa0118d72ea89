/* SPDX-License-Identifier: MIT */
/*
 * What appears in the writable trees during a session and the host would act on (autorun.def): a row says whether it is moved
 * away at once, into quarantine, or only named. While the session runs by what the kernel tells of directories, at its
 * end by a search. Who made it, the box or somebody on the host, can't be told.
 */
#ifndef APPEAR_H
#define APPEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include "account.h"
#include "finish.h"
#include "policy.h"
#include "quarantine.h"

struct appear;

struct appear_opts {
	const struct policy *policy;
	struct quarantine *quarantine;
	const int *tree; /* the writable trees, in the order of policy->entry */
	size_t ntree;
	struct timespec since;	/* the command was not yet let go, by inodetime_after() */
	struct timespec killed; /* likewise one before that could judge nothing at its end; zero: none */
	const struct finish_work *rest; /* not all of the trees was searched before that; NULL: all was */
	const char *only;		/* a directory of these; NULL: all of them */
	bool later;			/* there is a terminal: what is done is said at the end alone */
};

/* The command is about to go. */
struct appear *appear_start(const struct appear_opts *opts);
/* Readable when there is something to do. */
int appear_fd(const struct appear *a);
/* Does it. False, once: more was moved than a session may cause; it is to be ended. */
bool appear_step(struct appear *a);
/* All of the box has ended: searches, hands in what was done, and releases. NULL: nothing. */
void appear_end(struct account *account, struct appear *a);

#endif
