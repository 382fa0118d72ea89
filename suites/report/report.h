/* SPDX-License-Identifier: MIT */
/*
 * The report of one run, in memory, and its writers. The runner fills it, a
 * writer prints it; no writer judges, and none looks at anything else.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "report/redact.h"
#include "strv.h"

#define REPORT_SCHEMA 1

/* Zero is the worst: a row that nobody judged is an error. */
enum report_state {
	REPORT_ERROR,
	REPORT_TIMEOUT,
	REPORT_FAIL,
	REPORT_INCONCLUSIVE,
	REPORT_SKIP,
	REPORT_WAIVED,	    /* a finding that a waiver covers */
	REPORT_NOW_PASSING, /* a waiver expects a finding, and there is none any more */
	REPORT_PASS,
	REPORT_STATES
};
/* Why a row was skipped: three different things. */
enum report_skip {
	REPORT_SKIP_NONE,	    /* it was not */
	REPORT_SKIP_NOT_APPLICABLE, /* there is nothing here to attack */
	REPORT_SKIP_UNSUPPORTED,    /* this kernel, file system or architecture has no such thing */
	REPORT_SKIP_MISSING_TOOL,   /* the suite could not get what the probe needs */
	REPORT_SKIPS
};
/* What keeps a run from passing. The first that holds decides exit code and verdict. */
enum report_problem {
	REPORT_PROBLEM_USAGE,
	REPORT_PROBLEM_HOST,	   /* this host can't run the sandbox */
	REPORT_PROBLEM_REFUSED,	   /* the sandbox refused to start */
	REPORT_PROBLEM_INCOMPLETE, /* error or incomplete */
	REPORT_PROBLEM_FINDING,
	REPORT_PROBLEM_MEMORY, /* a baseline or a waiver */
	REPORT_PROBLEMS
};
enum report_verdict {
	REPORT_VERDICT_ERROR,
	REPORT_VERDICT_INCOMPLETE,
	REPORT_VERDICT_FAIL,
	REPORT_VERDICT_PASS,
	REPORT_VERDICTS
};
enum report_arm { REPORT_BOXED, REPORT_OPEN, REPORT_ARMS };
enum report_where { REPORT_SCRATCH, REPORT_YOURS, REPORT_WHERES };

/* One probe in one arm of one box. */
struct report_probe {
	/* borrowed from the manifest and the table of remedies */
	const char *id, *threat, *title, *class, *severity, *remedy, *see;
	const struct strv *declared; /* the layers that the manifest names */
	bool required;
	enum report_arm arm;
	enum report_where where;
	enum report_state state;
	enum report_skip skip; /* of REPORT_SKIP, else none */
	bool opened;	       /* skipped, since a setting asks for what it finds */
	bool below;	/* not a pass, but --fail-on leaves it out: shown, and the run does not fail for it */
	bool counts;	/* no finding by itself, but --fail-on names its state: the run fails for it */
	char *reason;	/* owned; why it is not a pass; NULL: none */
	char *expected; /* owned */
	const char *observed;	   /* static */
	char *err, *step, *detail; /* owned */
	const char *calibrated; /* borrowed; what the kernel itself is known to answer; NULL: no such row */
	char *measured;		/* owned; what it answered now, in the control arm; NULL: it was not asked */
	const char *layer;	/* static; which refused it, by evidence; NULL: the evidence does not tell */
	bool rerun;		/* boxes with layers off tried it again; only boxed acts of the scratch box */
	bool counted;		/* and showed which layers refuse it alone */
	struct strv alone; /* owned; layers that refuse it with all others off; "rest": what is never off */
	struct strv hangs; /* owned; layers without which it gets through */
	double seconds;
};

enum report_layer_state { REPORT_LAYER_ERROR, REPORT_LAYER_ABSENT, REPORT_LAYER_MEASURED };

/* One layer that was taken away, and left alone. */
struct report_layer {
	const char *id, *what; /* borrowed */
	enum report_layer_state state;
	char *reason;	     /* owned; why error; NULL: none */
	size_t alone, hangs; /* rows that it holds by itself; rows that hang on it */
	double seconds;
};

enum report_mutant_state { REPORT_MUTANT_ERROR, REPORT_SURVIVED, REPORT_KILLED };

struct report_mutant {
	const char *id, *why; /* borrowed */
	enum report_mutant_state state;
	struct strv killed_by; /* ids of the probes that went red */
	char *verify, *proof;  /* owned; what verify and the launch proof said; NULL: they let it pass */
	char *reason;	       /* owned; why survived or error */
	double seconds;
};

/* Zero is the worst. */
enum report_waiver_state {
	REPORT_WAIVER_EXPIRED,	   /* covers nothing any more */
	REPORT_WAIVER_UNUSED,	   /* its check did not run, or showed nothing */
	REPORT_WAIVER_NOW_PASSING, /* its check passes: it can be removed */
	REPORT_WAIVER_USED,
	REPORT_WAIVER_STATES
};
struct report_waiver {
	char *id, *reason, *owner; /* owned */
	bool everywhere;	   /* in both boxes; else in `where` only */
	enum report_where where;
	char expires[16]; /* YYYY-MM-DD; the last day, UTC */
	int days;	  /* until then; negative: since then */
	char *origin;	  /* owned; FILE:LINE */
	enum report_waiver_state state;
};

/* One fact about the machine, the tools or the settings that is not what it was. */
struct report_delta {
	char *name, *before, *after; /* owned; NULL: not known */
	bool worse; /* a layer less for every row: not only named, but held against the run */
};
enum report_change_kind {
	REPORT_REGRESSED,     /* it is not what it was, and neither a pass nor a skip */
	REPORT_NEWLY_SKIPPED, /* it showed something, and now shows nothing */
	REPORT_VANISHED,      /* it is not in this run */
	REPORT_NEW,	      /* it is not in the baseline */
	REPORT_FIXED,	      /* it passes, and did not */
	REPORT_CHANGE_KINDS
};
/* One row of probe, arm and box that is not what it was. */
struct report_change {
	enum report_change_kind kind;
	char *id; /* owned */
	enum report_arm arm;
	enum report_where where;
	enum report_state before, after;  /* REPORT_STATES: it was, it is not there */
	char *layer_before, *layer_after; /* owned; NULL: no layer was lost; after also: none is told */
};
/* This run against an earlier one. */
struct report_baseline {
	bool asked;
	char *file;			  /* owned; where it was looked for; NULL: nowhere */
	char *refused;			  /* owned; why it is not compared with; NULL: it is */
	struct report_delta *environment; /* owned; in the order of the fingerprint */
	size_t nenvironment;
	struct report_change *change; /* owned; by kind, then as the probes */
	size_t nchange;
};

struct report_pair {
	const char *name; /* static */
	char *value;	  /* owned; NULL: unknown */
	bool number;	  /* written without quotes in JSON */
};

struct report {
	enum report_verdict verdict;
	int exit_code;
	char *cause; /* owned; one line on what else than single findings decided; NULL: none */
	char *problem
	    [REPORT_PROBLEMS]; /* owned; each that holds, in words; NULL: it does not; gate_add sets it */
	bool judged;	       /* the probes were judged: without problems, it is a pass */
	bool
	    only_incomplete; /* REPORT_PROBLEM_INCOMPLETE: rows that show nothing, the suite itself is well */
	struct report_pair *fingerprint; /* owned */
	size_t nfingerprint;
	struct report_probe *probe; /* owned; by id, arm, where */
	size_t n;
	struct report_waiver *waiver; /* owned; in the order of the file */
	size_t nwaiver;
	char *fail_on;		      /* owned; the rules as given; NULL: every finding */
	struct report_mutant *mutant; /* owned */
	size_t nmutant;
	struct report_layer *layer; /* owned; empty without --layers */
	size_t nlayer;
	struct report_baseline baseline;
	struct strv only; /* what --only chose; empty: all */
	struct strv idle; /* probes that killed no mutant */
	struct strv open; /* left open on purpose */
	struct strv notes;
	double seconds;
	struct redact_names names; /* what --redact leaves out */
};

void report_done(struct report *r);
void report_mutant_done(struct report_mutant *m);
/* Adds a pair to the fingerprint; takes ownership of value. */
void report_fingerprint(struct report *r, const char *name, char *value, bool number);
/* Orders the probes by id, arm, where. */
void report_sort(struct report *r);
/* How a row stands to another one in a report, as of strcmp(3). */
int report_order(const char *id, enum report_arm arm, enum report_where where, const char *other_id,
		 enum report_arm other_arm, enum report_where other_where);

const char *report_state_name(enum report_state s);
/* "not-applicable", "unsupported", "missing-tool"; "" for none. */
const char *report_skip_name(enum report_skip s);
const char *report_waiver_state_name(enum report_waiver_state s);
const char *report_verdict_name(enum report_verdict v);
const char *report_arm_name(enum report_arm a);
const char *report_where_name(enum report_where w);
const char *report_layer_state_name(enum report_layer_state s);
const char *report_mutant_state_name(enum report_mutant_state s);
/* "regressed", "newly_skipped", "vanished", "new", "fixed". */
const char *report_change_name(enum report_change_kind k);
/* How many rows changed in that way. */
size_t report_changed(const struct report_baseline *b, enum report_change_kind k);
void report_baseline_done(struct report_baseline *b);
/* How many probes of the arm are in that state (REPORT_ARMS: of all arms). */
size_t report_count(const struct report *r, enum report_arm arm, enum report_state state);
/* An optional row of the scratch box that this host or the suite could not show: listed under "not shown". */
bool report_is_not_shown(const struct report_probe *p);

/*
 * Every text that can hold what this machine, a probe or a file said: what is
 * not in there is neither redacted nor searched for secrets. The function may
 * put another text in its place; NULLs are passed over.
 */
void report_each_text(struct report *r, void (*fn)(char **text, void *arg), void *arg);
/* Leaves the names of the report, and of the owners of waivers, out of all of its texts. */
void report_redact(struct report *r);
/* Overwrites the secret with stars wherever it stands in a text. */
void report_hide(struct report *r, const char *secret);

/* What a format that knows only four outcomes makes of a row. */
enum report_outcome { REPORT_BROKEN, REPORT_RED, REPORT_PASSED_OVER, REPORT_GREEN };
enum report_outcome report_outcome(const struct report_probe *p);

void report_write_terminal(const struct report *r, FILE *f, bool color, bool verbose);
void report_write_tap(const struct report *r, FILE *f);
void report_write_json(const struct report *r, FILE *f);
/* For a report that was redacted: it is published. */
void report_write_markdown(const struct report *r, FILE *f);
/* 0, or -ENOMEM when the XML writer could not. */
int report_write_junit(const struct report *r, FILE *f);

#endif
