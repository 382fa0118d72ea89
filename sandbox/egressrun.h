/* SPDX-License-Identifier: MIT */
/* egress, from the launcher's side: starts it, gives it the box's network, says what it reports. */
#ifndef EGRESSRUN_H
#define EGRESSRUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "diag.h"
#include "plan.h"
#include "strv.h"

struct egressrun {
	pid_t pid;   /* 0: there is none */
	int control; /* owned; readable when it has something to say; -1: it has ended */
	bool later;  /* what is no alarm is said at the end: the command has the terminal */
	bool lost;   /* it has ended, and was not asked to */
	struct strv said;
	size_t left_out; /* of `said` */
};

/*
 * Starts it when the plan has a way out, else does nothing. program: its path. It waits until egressrun_go; both
 * run beside the start of bwrap.
 */
int egressrun_start(const struct plan *plan, const char *program, struct egressrun *ret, struct diag *d);
/* Hands it the box's network namespace. */
int egressrun_go(struct egressrun *e, int net, struct diag *d);
/* The control socket is readable, before it was ready: 1 when it is now, 0 not yet, -errno when it never will be. */
int egressrun_ready(struct egressrun *e, struct diag *d);
/* The same while the command runs. */
void egressrun_told(struct egressrun *e);
/* Ends it and says what is left to be said. */
void egressrun_done(struct egressrun *e);

#endif
