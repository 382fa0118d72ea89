/* SPDX-License-Identifier: MIT */
/*
 * The closed table of mutants: plans that lack one protection. Applied only to
 * the suite's own scratch box. Each must be noticed by the probes it names.
 */
#ifndef MUTANTS_H
#define MUTANTS_H

#include <stdbool.h>
#include <stddef.h>
#include "diag.h"
#include "plan.h"
#include "policy.h"

enum mutant_kind {
	MUTANT_NONE,
	MUTANT_DEL,	   /* the operation of that type and dst */
	MUTANT_RETYPE,	   /* it becomes another type, with src also a bind of src */
	MUTANT_ADD,	   /* a new one, in its place in the order */
	MUTANT_SETENV,	   /* a variable: src its name, dst its value */
	MUTANT_UNSETENV,   /* the variable src is left out */
	MUTANT_REARG,	   /* its argument (dst) becomes another */
	MUTANT_NUMBER,	   /* its number becomes another */
	MUTANT_ALLOW_CALL, /* the filter lets one call pass */
	MUTANT_ALLOW_ABI,  /* the filter lets the calls of another ABI pass */
};

/* What "@HOME", "@PROJECT", "@BASE" and "@TOKEN" at the beginning of a text stand for; "@ETC" is the host's. */
struct mutant_paths {
	const char *home, *project, *base, *token; /* borrowed */
};

struct mutant_edit {
	enum mutant_kind kind;
	enum plan_type type, to;
	const char *dst, *src;
	long number;
};

struct mutant {
	const char *name;
	struct mutant_edit edit;
	const char *killed_by; /* blank-separated ids of probes: all must go red */
	bool verify_refuses;
	bool proof_refuses;
	const char *reason; /* why the proof doesn't refuse; NULL when it does */
	const char *why;    /* what is missing, in words */
};

extern const struct mutant mutants[];
extern const size_t mutants_n;

/*
 * Edits the plan. 0; -ENOENT with a message when nothing matches: a mutant must
 * not go vacuous when compose changes.
 */
int mutant_apply(const struct mutant *m, struct plan *plan, const struct mutant_paths *paths, struct diag *d);

#endif
