/* SPDX-License-Identifier: MIT */
/*
 * Side effects: becomes the box's kernel identity, starts bwrap with the plan,
 * makes the mounts by descriptor, does the hand-shake with init, relays stdio,
 * forwards signals, waits.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "account.h"
#include "beside.h"
#include "diag.h"
#include "plan.h"
#include "finish.h"
#include "policy.h"
#include "quarantine.h"

/* Suite only: what a mutant of the launcher itself does wrong. */
struct run_wrong {
	const char *const *bwrap; /* NULL-terminated words for bwrap behind the plan's */
	int fd;			  /* a descriptor of the caller's that goes in; 0: none */
	uint32_t escapes;	  /* classes of escape.h that pass, beside the policy's */
	const char *egress; /* what the program egress-wrong does in the place of egress; NULL: nothing */
};

/* What is left of a box, by descriptor; -1: none. */
struct run_ended {
	int home;   /* the fresh home */
	int claude; /* the host's ~/.claude */
	int git;    /* the private copies of git configs */
	int project;
	int dotclaude;	 /* the project's fresh .claude */
	int memory;	 /* the private copy of the project's memory */
	const int *tree; /* the writable trees, in the order of policy.entry: as many as there is room for */
	size_t ntree;
	const int *git_dir; /* the directories of policy.git.config, in their order */
};

/*
 * A run that begins before there is a plan: bwrap is executed and loaded while the plan is made, and waits for its
 * options, which it gets once the plan has been judged.
 */
struct run;
/* NULL: not here; the run begins when it has its plan. own_terminal: the plan will have PLAN_OWN_TERMINAL. */
struct run *run_begin(const char *bwrap, const int stdio[3], bool own_terminal);
/* There will be no plan: bwrap is ended, and nothing is left. Accepts NULL. */
void run_give_up(struct run *r);

struct run_opts {
	struct run *begun;   /* run_plan's from then on, even if the plan is none for it; NULL: nothing */
	const char *libexec; /* directory of init */
	int stdio[3];	     /* descriptors that become 0, 1, 2 inside: normally 0, 1, 2 */
	int status_fd;	     /* one JSON line at the end; -1: none */
	struct quarantine *quarantine; /* NULL: nothing is watched */
	const char *
	    watched; /* suite only: a directory, which alone is watched, and nobody is told; NULL: all trees */
	int egress_log;	   /* where connections are logged; -1: nowhere */
	int flows;	   /* where mitmdump keeps what passes; -1: nowhere, and there is none */
	bool skip_proof;   /* suite only: mutants run to be attacked, not to be refused */
	bool skip_command; /* suite only: end after the proof */
	bool attacks;	   /* suite only: what is denied is its affair, and not said at once */
	bool plans_again;  /* the caller makes another plan when this one is stale: no status line then */
	const struct run_wrong *wrong;	/* suite only; NULL: nothing */
	const struct finish_work *rest; /* what is left of the walk; NULL: nothing */
	struct timespec killed; /* when the first began of the sessions that were killed; zero: none was */
	const struct beside *beside; /* what is held and may be another session's; NULL: nothing is */
	struct account *account;     /* what the session has to say is handed in there */
	/* Called once the proof held, before the command starts (the banner); NULL: nothing. */
	void (*proved)(const struct run_opts *opts, unsigned checks, double milliseconds);
	/* Called when everything inside has ended; NULL: nothing. */
	void (*ended)(const struct run_opts *opts, const struct run_ended *what);
	void *arg; /* for the callbacks */
};

struct run_result {
	bool started; /* the command's exec succeeded */
	bool proved;
	bool stale;	 /* what the plan binds is gone, and the caller is who he was: another plan may do */
	unsigned checks; /* executed by init in this launch */
	double proof_ms; /* CPU time of the proof */
	char miss[256];	 /* name and words of the first missing protection; empty: none */
	int exit_code;	 /* as the launcher must exit: 0-255, 125, 126, 127, 128+n */
	int signal;	 /* 0, or what the command died of */
	size_t masked;	 /* bytes of the command's text that the terminal got as "?" (escape.h) */
};

/*
 * Runs the plan to its end. Changes the identity and mount namespace of the
 * calling process when the policy says so (started by root): a caller that
 * wants to go on forks first. 0 with *ret filled; -errno with a message when the
 * sandbox could not be built or proved (exit code 125 then; ret->miss names what
 * the proof missed; 126/127 with a message when the command can't be executed).
 */
int run_plan(const struct plan *plan, const struct policy *policy, const struct run_opts *opts,
	     struct run_result *ret, struct diag *d);
/* Writes the JSON line of --status-fd, and says where it can't; fd -1: nothing. run_plan does it itself. */
void run_write_status(int fd, const struct run_result *res);

#endif
