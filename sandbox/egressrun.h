/* SPDX-License-Identifier: MIT */
/* egress, from the launcher's side: starts it, gives it the box's network, says what it reports. */
#ifndef EGRESSRUN_H
#define EGRESSRUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "account.h"
#include "diag.h"
#include "egressmsg.h"
#include "plan.h"
#include "policy.h"
#include "strv.h"

struct egressrun {
	pid_t pid;   /* 0: there is none */
	int control; /* owned; readable when it has something to say; -1: it has ended */
	bool later;  /* what is no alarm is said at the end: the command has the terminal */
	bool lost;   /* it has ended, and was not asked to */
	const struct egress_account *account; /* owned: a map; of what it writes there nothing is believed */
	uint64_t told
	    [EGRESS_ROWS]; /* which of its refusals have been said: `taken` of the row then, plus one; 0: none */
	size_t lines;	   /* that were said at once */
	struct strv said;      /* to be said at the end */
	struct strv listening; /* ports inside that nothing publishes */
	bool publishes;
	/* when it is ready */
	const char *way;	 /* static; how connections come to it */
	bool ports_alone, ip6;	 /* ports_alone: the usual ports and those of the rules, and no others */
	bool loop;		 /* on the loopback of the box */
	uint64_t most, left_out; /* connections at once; rules for which ports_alone has no room */
};

/* A file of what passes, on the host. */
struct egressrun_file {
	const char *path, *from; /* NULL: none is wanted; from: who asked */
	bool ours;  /* in the state folder, which is made, and where a long one makes place for a new one */
	bool alone; /* no option names another place */
};
/*
 * Opens it to append to, with the identity of the caller, before it is given up. *ret: -1 without one. That the
 * sandbox can't write to its place is known (trust.h).
 */
int egressrun_open_file(const struct egressrun_file *f, int *ret, struct diag *d);
/*
 * Starts it when the plan has a way out, else does nothing. program: its path; wrong: the only argument of the
 * suite's egress-wrong, else NULL; log: a descriptor or -1; tap: "HOST:PORT<tab>LOGIN" of who keeps what passes, or
 * NULL. It waits until egressrun_go; both run beside the start of bwrap.
 */
int egressrun_start(const struct plan *plan, const char *program, const char *wrong, int log, const char *tap,
		    struct egressrun *ret, struct diag *d);
/* Hands it the box's network namespace. */
int egressrun_go(struct egressrun *e, int net, struct diag *d);
/* Tells it which name servers this machine has now. */
void egressrun_servers(const struct egressrun *e, const struct egress_servers *s);
/* The control socket is readable, before it was ready: 1 when it is now, 0 not yet, -errno when it never will be. */
int egressrun_ready(struct egressrun *e, struct diag *d);
/* What it can do on this machine, and what it can't. */
void egressrun_say_ready(const struct egressrun *e);
/* The same while the command runs. */
void egressrun_told(struct egressrun *e, struct account *facts);
/* Ends it; facts gets what came of the connections. */
void egressrun_done(struct egressrun *e, struct account *facts);

#endif
