/* SPDX-License-Identifier: MIT */
/* What the parts of the runner share: one run, its boxes, what was observed in them. */
#ifndef SUITE_H
#define SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include "canary.h"
#include "conf.h"
#include "diag.h"
#include "manifest.h"
#include "mutants/mutants.h"
#include "prepare.h"
#include "report/report.h"
#include "tap.h"

#define SUITE_PROBES "/run/claude-sandbox/probes" /* where the box sees the probes */

enum suite_exit {
	SUITE_PASS = 0,
	SUITE_FINDING = 1,
	SUITE_USAGE = 2,
	SUITE_HOST = 3,	   /* this host can't run the sandbox */
	SUITE_REFUSED = 4, /* the sandbox refused to start */
	SUITE_INCOMPLETE = 6,
};

/* What one probe showed in one arm. */
struct box_obs {
	bool asked; /* it was on the driver's list */
	struct tap_test test;
	char oracle[96]; /* what the witness outside saw against the probe's word; empty: nothing */
};

/* One arm in one box. Lies in shared memory: filled by child processes. */
struct box_result {
	bool ran;     /* the driver's stream was well-formed and complete */
	bool refused; /* the sandbox could not be built, proved or started */
	bool host;    /* ... which this host can't have */
	bool late;
	char cause[800];   /* why not ran */
	char miss[256];	   /* what the launch proof missed */
	char replaced[32]; /* a file of the host that was put in another's place meanwhile; empty: none */
	unsigned checks;
	double seconds;
	size_t n;
	struct box_obs obs[]; /* one a row of the manifest */
};

struct suite {
	int argc;
	char **argv, **env;	/* borrowed */
	char *cwd, *home;	/* owned */
	char *libexec, *probes; /* owned */
	char *scratch;		/* owned; the directory that the scratch area covers */
	char *disk;		/* owned; a directory on disk that stands for the tmpfs, NULL: none needed */
	struct conf conf;
	struct manifest manifest;
	bool *selected;	   /* owned; one a row */
	int landlock_abi;  /* of this machine */
	bool wrong_line;   /* what was foreseen is an error of the command line */
	int verdict_fd;	   /* where the launcher waits for the verdict, -1: nobody does */
	double start, end; /* monotonic; the deadline of the whole run */
	struct report report;
};

/* --- box.c: one arm */

/*
 * Rows that need a host outside have a scratch box of their own, whose network is filtered; that of BOX_NOBODY has no
 * rule.
 */
enum box_rows { BOX_ALL, BOX_INSIDE, BOX_OUTSIDE, BOX_NOBODY };

struct box_job {
	const struct suite *suite;
	const struct policy *policy;
	const struct host *host; /* to say why a box can't be built; NULL: that is not asked */
	struct plan *plan;	 /* with the harness' operations; not used by the open arm */
	struct canary_site *site;
	const char *probes; /* directory of the probes outside */
	enum report_arm arm;
	enum report_where where;
	bool skip_proof, only_proof;   /* for mutants */
	bool no_landlock;	       /* for mutants: without the second layer, which would hide them */
	const struct run_wrong *wrong; /* for mutants; NULL: nothing */
	bool haste;		       /* silence is expected: for layers, and where nothing is watched */
	enum box_rows rows;
	struct box_result *ret;
};

/* A zeroed result for every row of the manifest, in memory that children share; NULL when there is none. */
struct box_result *box_result_new(const struct suite *s);
void box_result_free(struct box_result *r);
/* Runs the job to its end and fills job->ret. Forks as it needs. */
void box_run(struct box_job *job);
/* Adds the bind of the probes and the driver as command: everything that the suite adds to a composed plan. */
void box_add_harness(struct plan *plan, const char *probes);
struct plan box_copy_plan(const struct plan *plan);
/* Whether the row has egress ended: it comes last. */
bool box_ends_egress(const struct manifest_row *row);
/* In which box the row is asked: never BOX_ALL. */
enum box_rows box_rows_of(const struct manifest_row *row);
/* Whether the row needs a host outside. */
bool box_is_outside(const struct manifest_row *row);
/* Takes Landlock out of the plan where the job wants none. */
void box_drop_landlock(const struct box_job *job, struct plan *plan);

/* --- ending.c: what outlives a box */

/* Whether the row is about the end of a box: it has one of its own, the driver knows nothing of it. */
bool box_is_ending(const struct manifest_row *row);
/* The rows that ret says are asked, each in a box of its own like the job's; for a child. arg: struct box_job. */
int ending_body(void *arg);

/* --- scratch.c: the scratch box */

struct scratch_job {
	const struct suite *suite;
	const struct mutant *mutant; /* NULL: the real plan */
	const char *wide;	     /* Landlock grants this path too much; NULL: no path */
	bool second_layer;	     /* the mutant is tried with Landlock in force */
	bool no_proof;		     /* the launch proof is not asked about the mutant */
	bool edited;		     /* layers are off: bits of `off`, in the order of layers.def */
	unsigned off;
	struct box_result *boxed, *open; /* open: NULL to leave that arm out */
	struct scratch_facts *facts;	 /* shared */
};

/* What the scratch box tells besides the observations. Lies in shared memory. */
struct scratch_facts {
	int failed; /* suite_exit of a scratch box that could not be made; 0: made */
	char cause[800];
	char verify[600];   /* what verify_plan said of the mutant; empty: nothing */
	char edit[600];	    /* why the mutant's edit could not be made; empty: it was */
	unsigned has;	    /* layers that the plan has, of those in `off` */
	char proof[300];    /* what the launch proof missed in the mutant; empty: nothing */
	char unproved[800]; /* ... and why that box did not start all the same; empty: it did */
};

/* Finds the directory that can be covered; 0 or -errno. Must be called before scratch_body runs in children. */
int scratch_choose(struct suite *s, struct diag *d);
/* Removes what scratch_choose put on disk, if anything. */
void scratch_clean(struct suite *s);
/* The body of a child process (spawn_start): private namespaces, canaries, both arms. arg: struct scratch_job. */
int scratch_body(void *arg);

/* How many boxes run at a time: --jobs, or by the processors; one where they share a directory on disk. */
size_t suite_jobs(const struct suite *s);

/* --- judge.c */

/*
 * Judges every observation against the manifest through libcheck and fills the
 * report's probes. False when libcheck's count is not the report's.
 */
bool judge_all(struct suite *s, const struct box_result *boxed, const struct box_result *open,
	       const struct box_result *yours);
/* The layer that refused it by evidence, static; NULL: it does not tell. Of a denial whose control succeeded. */
const char *judge_layer(const struct suite *s, const struct manifest_row *row, const struct box_obs *obs);
/* One observation without a control arm: what a mutant run needs. */
enum report_state judge_boxed(const struct manifest_row *row, const struct box_obs *obs);
/* A row that reads what the host replaced while the box was running: what it saw is not what the plan shows. */
bool judge_overtaken(const struct box_result *boxed, const char *id);

/* --- fingerprint.c */

void fingerprint_add(struct suite *s, const struct prepared *p);
/* True when this host can't run any sandbox of ours; says why and what to do. */
bool fingerprint_host_cannot(const struct prepared *p, struct diag *d);

/* --- parts.c */

/* False in the suite that is built for tests, which takes any parts. */
bool parts_are_pinned(void);
/* 0, or -EUCLEAN: the table of probes, the driver or init is not the one that this suite was built with. */
int parts_check(const struct suite *s, struct diag *d);
/* The same of the probes that were asked for: NULL, or what differs, owned. Reads 200 MB when all were. */
char *parts_check_probes(const struct suite *s);

/* --- names.c */

/* Tells the report what --redact leaves out: of the environment and the machine, then of the policy. */
void names_of_caller(struct suite *s);
void names_of_policy(struct suite *s, const struct policy *p);

/* --- baseline.c */

/* The file that was asked for, or the one in the state folder. Owned; NULL: there can't be one. */
char *baseline_path(const struct suite *s, const struct prepared *p, struct diag *d);
/* --baseline: compares the report with an earlier one, and adds what that finds wrong. */
void baseline_check(struct suite *s, const struct prepared *p);
/* --accept-baseline: writes the report as the baseline, or adds why not. */
void baseline_accept(struct suite *s, const struct prepared *p);

/* --- foresee.c */

/*
 * What would only fail, or do harm, after the run: an --output that would replace what the run reads or keeps,
 * an --accept-baseline where no file can be. 0 or -errno.
 */
int foresee(const struct suite *s, const struct prepared *p, struct diag *d);

/* --- mutate.c */

/* Runs the whole table; fills the report's mutants. */
void mutate_all(struct suite *s);
/* Whether a mutant's list, with blanks between, has that probe. */
bool mutate_named(const char *list, const char *id);
/* Collects what went red in a mutant's box; NULL, or why this is no verdict. Owned by the caller. */
char *mutate_red(const struct suite *s, const struct mutant *mutant, const struct box_result *boxed,
		 struct strv *red);
/* Its box tells nothing of a mutant that was not killed, where the host replaced a file of it: another may. */
bool mutate_again(enum report_mutant_state state, const struct box_result *boxed, int runs);

/* --- layers.c */

/* Reruns the scratch box with one layer off, and with all but one off; fills the report's layers. */
void layers_all(struct suite *s);

/* --- batch.c */

/* n things that take a child process each, `width` of them at a time; they end in their order. */
struct batch {
	size_t n, width;
	void *arg;
	void (*start)(void *arg, size_t i, size_t slot);
	void (*finish)(void *arg, size_t i, size_t slot);
};
void batch_run(const struct batch *b);

/* --- progress.c */

void progress_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void progress_end(void);

#endif
