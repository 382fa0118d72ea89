/* SPDX-License-Identifier: MIT */
/*
 * The closed table of mutants: plans that lack one protection. Applied only to
 * the suite's own scratch box. Each must be noticed by the probes it names.
 */
#ifndef MUTANTS_H
#define MUTANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/filter.h>
#include "diag.h"
#include "plan.h"
#include "policy.h"
#include "run.h"
#include "strv.h"

enum mutant_kind {
	MUTANT_NONE,
	MUTANT_DEL,	 /* the operation of that type and dst */
	MUTANT_RETYPE,	 /* it becomes another type, with src also a bind of src */
	MUTANT_ADD,	 /* a new one, in its place in the order */
	MUTANT_SETENV,	 /* a variable: src its name, dst its value */
	MUTANT_UNSETENV, /* the variable src is left out */
	MUTANT_REARG,	 /* its argument (dst) becomes another */
	MUTANT_NUMBER,	 /* its number becomes another */
	MUTANT_EARLY,	 /* a mask is mounted before what covers it */
	MUTANT_SHALLOW,	 /* a bind is made read-only behind it, and what is mounted below isn't */
	MUTANT_FILTER,	 /* the filter lets calls pass whose argument passes the test */
	MUTANT_OPENED,	 /* the filter is the one that FILTER_* of `number` asks for */
	MUTANT_NO_ABI,	 /* the filter doesn't look at the ABI */
	MUTANT_X32,	 /* the filter takes an x32 number for the plain one */
	MUTANT_HOLE,	 /* the filter lets exactly one thing pass: instructions before it (holes.c) */
	MUTANT_BWRAP,	 /* not in the plan: bwrap gets the words of src, too */
	MUTANT_KEEP_FD,	 /* not in the plan: the descriptor `number` of the caller goes in */
	MUTANT_EGRESS,	 /* not in the plan: egress does wrong what the word src says (egresswrong.c) */
	MUTANT_ESCAPES,	 /* not in the plan: every escape sequence reaches the caller's terminal */
	/* of layers only */
	MUTANT_EACH_DEL,    /* every operation of the type */
	MUTANT_EACH_RETYPE, /* every one becomes another type */
	MUTANT_KEEP_CAPS,   /* not in the plan: capabilities are kept */
	MUTANT_LEAK_ENV,    /* the variables of the caller */
};

/* Which calls of those named the filter lets pass; the low 32 bits of the argument, but for HIGH. */
enum mutant_test {
	MUTANT_ALWAYS,
	MUTANT_WHEN_EQ,
	MUTANT_WHEN_NE,
	MUTANT_WHEN_ANY,  /* one of the bits is set */
	MUTANT_WHEN_HIGH, /* one of the bits 32..63 is set: what a comparison of 64 bits gets wrong */
};

/* What "@HOME", "@PROJECT", "@BASE" and "@TOKEN" at the beginning of a text stand for; "@ETC" is the host's. */
struct mutant_paths {
	const char *home, *project, *base, *token; /* borrowed */
	const struct strv *inputs; /* borrowed: what "$CANARY_X" as a whole text stands for; NULL: none */
	const struct strv *env;	   /* borrowed; NAME=VALUE of the caller's; NULL: none */
};

struct mutant_edit {
	enum mutant_kind kind;
	enum plan_type type, to;
	const char *dst,
	    *src; /* src of MUTANT_FILTER: names of calls, or "group:" and a group of syscalls.def */
	long number;
	enum mutant_test test; /* of argument `arg` against `number` */
	unsigned int arg;
	const struct sock_filter *insn; /* of MUTANT_HOLE, `number` of them; borrowed */
};

#define MUTANT_EDITS 3

struct mutant {
	const char *name;
	struct mutant_edit edit[MUTANT_EDITS]; /* up to the first MUTANT_NONE */
	const char *killed_by;		       /* blank-separated ids of probes: all must go red */
	bool verify_refuses;
	bool proof_refuses;
	const char *reason; /* why the proof doesn't refuse; NULL when it does */
	const char *why;    /* what is missing, in words */
};

extern const struct mutant mutants[];
extern const size_t mutants_n;

/* What no probe in a box can see on every kernel: the shipped filter must refuse the call, the edited one not. */
struct mutant_simulated {
	struct mutant mutant;
	const char *call;
	unsigned int number_bits; /* set in the call's number */
	const char *reason;	  /* why no probe sees it */
};

extern const struct mutant_simulated mutants_simulated[];
extern const size_t mutants_simulated_n;

/* How the launcher itself goes wrong: the edits that are not in the plan. */
struct mutant_launch {
	struct run_wrong wrong;
	struct strv words;     /* owned */
	const char *bwrap[16]; /* borrowed from words, NULL-terminated */
};

/*
 * Edits the plan. 0; -ENOENT with a message when nothing matches: a mutant must
 * not go vacuous when compose changes.
 */
int mutant_apply(const struct mutant *m, struct plan *plan, const struct mutant_paths *paths, struct diag *d);
/* Landlock lets that path and what is below it be written. */
void mutant_widen(struct plan *plan, const char *path, const struct mutant_paths *paths);
/* Whether only a box with a terminal shows it. */
bool mutant_needs_terminal(const struct mutant *m);
/* Whether it is one of the box with a filtered network. */
bool mutant_is_outside(const struct mutant *m);
/* The rest of it. *ret must live where it is until mutant_launch_done. */
void mutant_launch(const struct mutant *m, const struct mutant_paths *paths, struct mutant_launch *ret);
void mutant_launch_done(struct mutant_launch *l);
/*
 * NULL when the simulator sees the mutant: the program refuses the call, and with
 * the edit it doesn't; else what it saw. Owned by the caller.
 */
char *mutant_simulate(const struct mutant_simulated *m, const char *program, size_t len);

/* --- holes.c: what `make check-calls` opens, one at a time */

struct mutant_hole {
	struct mutant mutant; /* its name is owned, see mutant_holes_done */
	struct sock_filter insn[96];
	const char *call;  /* borrowed; the call's name, NULL: a number without one */
	int nr;		   /* the number that is let through, by the ABI of arch */
	unsigned int arch; /* AUDIT_ARCH_* */
	bool by_arguments; /* not whatever they are */
};
struct mutant_holes {
	struct mutant_hole *hole; /* owned */
	size_t n;
};
/*
 * Every hole that one slip in syscalls.def would make: each refused row, what each argument row refuses, each bit
 * and each socket family of those alone, numbers without a call, the same calls by the other ABIs.
 */
void mutant_holes_make(struct mutant_holes *ret);
void mutant_holes_done(struct mutant_holes *h);

/* --- layers.def */

struct mutant_layer {
	const char *name, *what;
};
extern const struct mutant_layer layers[];
extern const size_t layers_n;

/* What taking one away leaves to whoever starts the box. */
struct mutant_taken {
	bool keep_caps;
};

/*
 * Takes the layer away. True when the plan has it. Only for plans of the suite's
 * own scratch box.
 */
bool layer_take(const struct mutant_layer *l, struct plan *plan, const struct mutant_paths *paths,
		struct mutant_taken *ret);

#endif
