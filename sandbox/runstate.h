/* SPDX-License-Identifier: MIT */
/* What run.c, runstart.c, runshake.c, runwait.c and rundirs.c share: the state of one run. */
#ifndef RUNSTATE_H
#define RUNSTATE_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "appear.h"
#include "bwrap.h"
#include "egressrun.h"
#include "fdmount.h"
#include "hostsave.h"
#include "latehold.h"
#include "listener.h"
#include "mitmrun.h"
#include "limitrun.h"
#include "recordmake.h"
#include "relay.h"
#include "resolvconf.h"
#include "run.h"
#include "stage.h"
#include "strv.h"
#include "terminal.h"

/* Everything that a run owns. */
struct run {
	const struct plan *plan;
	const struct policy *policy;
	const struct run_opts *opts;
	struct run_result *res;

	struct recordmake_host host;
	struct relay relay;
	struct terminal terminal;
	struct stage stage;
	struct fdmount_host mounts;
	struct fdmount_helper helper;
	struct timespec start; /* of bwrap */
	struct bwrap_args args;
	struct record_status *status; /* shared page */
	int record_fd, status_fd, args_fd;
	bool begun;		 /* bwrap waits at the gate, without options */
	bool own_terminal;	 /* the command's, as it was begun */
	const char *bwrap;	 /* that is started */
	char *own_bwrap;	 /* owned; the same, where there was no policy yet */
	int gate, gate_inside;	 /* a pipe: nothing comes, and its end opens it */
	int sock, sock_inside;	 /* the hand-shake */
	int words, words_inside; /* bwrap's stderr */
	int signals;		 /* signalfd */
	int keeper_fd, init_fd;	 /* pidfds */
	pid_t keeper;		 /* bwrap's parent */
	int leash;		 /* the keeper's only reason to live */
	int box;		 /* its mount namespace */
	struct finish finish;
	struct latehold late; /* of what that found open */
	struct mitmrun mitm;
	struct timespec since; /* before the command was let go */
	struct appear *appear;
	struct hostsave *hostsave;
	bool held; /* the command was stopped, and let go, for that: it may still be told */
	struct egressrun egress;
	struct listener listener;
	struct limitrun limits;
	struct resolvconf resolvconf; /* while there is egress */
	int claude;		      /* the host's ~/.claude */
	struct strv keep;	      /* directories inside that are looked at when all has ended, */
	int kept[FDMOUNT_KEEP];	      /* their descriptors */
	struct run_ended what;
	pid_t init;
	uid_t init_uid;	 /* as the kernel sees it */
	uint32_t checks; /* that init was asked for */
	int wait_status;
	bool ended;
	bool over;	 /* the keeper has ended */
	bool empty;	 /* init has ended */
	bool stuck;	 /* ... and bwrap did not */
	bool flooded;	 /* ended by us: see appear.h */
	bool stopped;	 /* with the command, or about to be: who stands in for us does what is done */
	bool told;	 /* to end, by a signal that was passed on */
	bool exec_known; /* whether the command could be started */
	struct diag *d;	 /* while waiting for the end */
	sigset_t old_mask;
	int flags[3]; /* of the caller's stdio; -1: closed */
};

int run_pidfd_of(pid_t pid);
/* What the launcher's own children and writes cause. */
bool run_is_our_own(int sig);

/* What a start of bwrap needs. */
int run_open_status(struct run *r, struct diag *d);
int run_open_channels(struct run *r, struct diag *d);
int run_open_args(struct run *r, struct diag *d);
/* All signals but those of faults are blocked, and read from a descriptor. */
int run_open_signals(struct run *r, struct diag *d);
int run_open_stdio(struct run *r, const int stdio[3], bool own_terminal, bool enabled, struct diag *d);
int run_start_bwrap(struct run *r, struct diag *d);

/* A run of nothing yet, owned. */
struct run *run_new(void);
/* One that was begun can have this plan. */
bool run_fits(const struct run *r, const struct plan *plan, const struct policy *policy,
	      const struct run_opts *opts);
/* Its bwrap reads the options that are there by now. */
int run_let_bwrap_go(struct run *r, struct diag *d);

/* Waits for the keeper, once. */
void run_reap(struct run *r);
/* Ends all of the box, whatever it was at; the keeper's end is not waited for. Only while it is up. */
void run_end_box(struct run *r);
/* ... and waits for it. */
void run_kill_box(struct run *r);

/* The directories of the host that the plan asks for. */
int run_make_dirs(struct run *r, struct diag *d);

/* From the start of bwrap to where the command runs. */
int run_handshake(struct run *r, struct diag *d);
/* One message of init; credentials and descriptors of a hello. Returns its length, 0 at EOF, -errno. */
ssize_t run_receive(struct run *r, struct record_report *report, int fds[3], int flags);
/* A signal before the command runs ends the launch; there is nobody to pass it to. -EINTR then. */
int run_interrupted(struct run *r, struct diag *d);

/* While the command runs: until nothing of the box is left and all that it wrote is through. */
void run_wait_for_end(struct run *r, struct diag *d);

#endif
