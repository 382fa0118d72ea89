/* SPDX-License-Identifier: MIT */
#include "gate/gate.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "mem.h"
#include "util.h"

static const struct {
	int code;
	enum report_verdict verdict;
} problems[REPORT_PROBLEMS] = {
#define PROBLEM(id, code, verdict) [REPORT_PROBLEM_##id] = { code, REPORT_VERDICT_##verdict },
#include "gate/gate.def"
#undef PROBLEM
};
/* The order of the table is that of the enum: the first that holds decides. */
static const enum report_problem gate_order[] = {
#define PROBLEM(id, code, verdict) REPORT_PROBLEM_##id,
#include "gate/gate.def"
#undef PROBLEM
};
_Static_assert(sizeof(gate_order) / sizeof(*gate_order) == REPORT_PROBLEMS, "one row for each problem");

int gate_exit(enum report_problem p)
{
	return problems[p].code;
}

/* "words", or "words; also: words". Takes `more`. */
static char *gate_join(char *text, const char *between, char *more)
{
	char *joined;

	if (text == NULL)
		return more;
	joined = xasprintf("%s%s%s", text, between, more);
	free(text);
	free(more);
	return joined;
}

/* Findings that are not counted are named wherever the verdict is, also that of a pass. */
static char *gate_below(const struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->probe[i].below;
	return n == 0 ? NULL
		      : xasprintf("%zu %s below --fail-on %s", n, n == 1 ? "finding is" : "findings are",
				  r->fail_on != NULL ? r->fail_on : "");
}

void gate_close(struct report *r)
{
	char *below = gate_below(r);
	bool any = false;

	free(r->cause);
	r->cause = NULL;
	r->exit_code = 0;
	r->verdict = REPORT_VERDICT_PASS;
	for (size_t i = 0; i < REPORT_PROBLEMS; i++) {
		enum report_problem p = gate_order[i];
		const char *why = r->problem[p];

		/* No green by nobody having looked. */
		if (p == REPORT_PROBLEM_INCOMPLETE && why == NULL && !any && !r->judged)
			why = "nothing was judged";
		if (why == NULL)
			continue;
		if (!any) {
			r->exit_code = problems[p].code;
			r->verdict = p == REPORT_PROBLEM_INCOMPLETE && !r->only_incomplete
					 ? REPORT_VERDICT_ERROR
					 : problems[p].verdict;
		}
		any = true;
		r->cause = gate_join(r->cause, "; also: ", xstrdup(why));
	}
	if (below != NULL)
		r->cause = gate_join(r->cause, "; ", below);
}

void gate_add(struct report *r, enum report_problem p, enum report_verdict verdict, char *why)
{
	if (p == REPORT_PROBLEM_INCOMPLETE)
		r->only_incomplete =
		    verdict == REPORT_VERDICT_INCOMPLETE && (r->problem[p] == NULL || r->only_incomplete);
	r->problem[p] = gate_join(r->problem[p], "; ", why);
	gate_close(r);
}

void gate_error(struct report *r, enum report_problem p, const char *why)
{
	gate_add(r, p, REPORT_VERDICT_ERROR, xstrdup(why));
}

/* --- the rows */

/* A required row that shows nothing. In your own box many rows have nothing to attack: the scratch box shows them. */
static bool gate_is_gap(const struct report_probe *p)
{
	if (p->arm != REPORT_BOXED || !p->required)
		return false;
	if (p->state == REPORT_SKIP)
		return p->where == REPORT_SCRATCH && !p->opened;
	return p->state == REPORT_ERROR || p->state == REPORT_TIMEOUT || p->state == REPORT_INCONCLUSIVE;
}

static bool gate_is_dead(const struct report_probe *p)
{
	return p->arm == REPORT_BOXED && p->required && str_starts(p->id, "ok-") && p->state != REPORT_PASS &&
	       !(p->where == REPORT_YOURS && p->state == REPORT_SKIP);
}

static bool gate_is_chosen(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->only.n; i++)
		if (fnmatch(r->only.v[i], id, 0) == 0)
			return true;
	return false;
}

/* The rows that run along show that the box works, not what was asked for. */
static void gate_only(struct report *r)
{
	const struct report_probe *first = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		if (p->arm != REPORT_BOXED || !gate_is_chosen(r, p->id))
			continue;
		if (p->state == REPORT_FAIL || p->state >= REPORT_WAIVED || p->opened)
			return;
		first = first != NULL ? first : p;
	}
	if (first == NULL)
		return;
	gate_add(r, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_INCOMPLETE,
		 xasprintf("no row that --only chose shows anything: %s (%s%s%s)", first->id,
			   report_state_name(first->state), first->reason != NULL ? ": " : "",
			   first->reason != NULL ? first->reason : ""));
}

/* No verdict: dead, without control, or with gaps. */
static void gate_liveness(struct report *r)
{
	const struct report_probe *gap = NULL, *dead = NULL;
	size_t gaps = 0, shown = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		shown += p->arm == REPORT_BOXED && (p->state == REPORT_FAIL || p->state >= REPORT_WAIVED);
		if (gate_is_dead(p) && dead == NULL)
			dead = p;
		if (gate_is_gap(p)) {
			gap = gap != NULL ? gap : p;
			gaps++;
		}
	}
	if (shown == 0)
		gate_add(r, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_ERROR,
			 xstrdup("no probe showed anything"));
	else if (report_count(r, REPORT_OPEN, REPORT_PASS) == 0)
		gate_add(r, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_INCOMPLETE,
			 xstrdup("the control arm did not run: a denial means nothing without one"));
	else if (dead != NULL)
		gate_add(r, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_ERROR,
			 xasprintf("the sandbox does not work: %s: %s", dead->id,
				   dead->reason != NULL ? dead->reason : dead->detail));
	else if (gaps > 0)
		gate_add(r, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_INCOMPLETE,
			 xasprintf("%zu required %s nothing: %s (%s%s%s%s%s)%s", gaps,
				   gaps == 1 ? "row shows" : "rows show", gap->id,
				   report_state_name(gap->state), gap->skip != REPORT_SKIP_NONE ? ", " : "",
				   report_skip_name(gap->skip), gap->reason != NULL ? ": " : "",
				   gap->reason != NULL ? gap->reason : "", gaps > 1 ? ", ..." : ""));
}

bool gate_fails(const struct report_probe *p)
{
	return p->arm == REPORT_BOXED && ((p->state == REPORT_FAIL && !p->below) || p->counts);
}

void gate_judge(struct report *r)
{
	size_t findings = 0, others = 0;

	r->judged = true;
	for (size_t i = 0; i < r->n; i++) {
		findings += gate_fails(&r->probe[i]) && r->probe[i].state == REPORT_FAIL;
		others += gate_fails(&r->probe[i]) && r->probe[i].state != REPORT_FAIL;
	}
	if (findings > 0)
		gate_add(r, REPORT_PROBLEM_FINDING, REPORT_VERDICT_FAIL,
			 xasprintf("%zu %s", findings, findings == 1 ? "finding" : "findings"));
	if (others > 0)
		gate_add(r, REPORT_PROBLEM_FINDING, REPORT_VERDICT_FAIL,
			 xasprintf("%zu %s counted by --fail-on %s", others, others == 1 ? "row" : "rows",
				   r->fail_on));
	gate_liveness(r);
	gate_only(r);
	gate_close(r);
}

void gate_mutants(struct report *r)
{
	size_t survived = 0, errors = 0;

	for (size_t i = 0; i < r->nmutant; i++) {
		survived += r->mutant[i].state == REPORT_SURVIVED;
		errors += r->mutant[i].state == REPORT_MUTANT_ERROR;
	}
	if (survived > 0)
		gate_add(r, REPORT_PROBLEM_FINDING, REPORT_VERDICT_FAIL,
			 xasprintf("%zu of %zu mutants %s not killed", survived, r->nmutant,
				   survived == 1 ? "was" : "were"));
	if (errors > 0)
		gate_add(r, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_ERROR,
			 xasprintf("%zu of %zu mutants gave no verdict", errors, r->nmutant));
}
