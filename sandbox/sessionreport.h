/* SPDX-License-Identifier: MIT */
/*
 * --session-report FILE: all of the account, as JSON. The file is made anew before the sandbox starts, with the identity
 * of the caller, and says that the session has not ended; what it came to is written there at the end, through the
 * descriptor: who gave up root can't make another one.
 */
#ifndef SESSIONREPORT_H
#define SESSIONREPORT_H

#include <time.h>

#include "account.h"
#include "diag.h"
#include "policy.h"
#include "run.h"

struct sessionreport {
	int fd;			     /* -1: none is asked for */
	int dir;		     /* where it lies; with fd */
	const struct policy *policy; /* borrowed; its session_report is the path */
	struct timespec began;
};

/* That the sandbox can't write to its place is known (trust.h). */
int sessionreport_begin(const struct policy *p, struct sessionreport *ret, struct diag *d);
/* Closes it, too. */
int sessionreport_end(struct sessionreport *s, const struct account *a, const struct run_result *res,
		      struct diag *d);

#endif
