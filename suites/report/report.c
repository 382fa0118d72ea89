/* SPDX-License-Identifier: MIT */
/* The report's life and its words. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

static void report_probe_done(struct report_probe *p)
{
	free(p->reason);
	free(p->expected);
	free(p->err);
	free(p->step);
	free(p->detail);
	strv_done(&p->alone);
	strv_done(&p->hangs);
	free(p->measured);
}

void report_baseline_done(struct report_baseline *b)
{
	for (size_t i = 0; i < b->nenvironment; i++) {
		free(b->environment[i].name);
		free(b->environment[i].before);
		free(b->environment[i].after);
	}
	for (size_t i = 0; i < b->nchange; i++) {
		free(b->change[i].id);
		free(b->change[i].layer_before);
		free(b->change[i].layer_after);
	}
	free(b->environment);
	free(b->change);
	free(b->file);
	free(b->refused);
	*b = (struct report_baseline){ 0 };
}

void report_mutant_done(struct report_mutant *m)
{
	strv_done(&m->killed_by);
	free(m->verify);
	free(m->proof);
	free(m->reason);
	*m = (struct report_mutant){ 0 };
}

void report_done(struct report *r)
{
	for (size_t i = 0; i < r->n; i++)
		report_probe_done(&r->probe[i]);
	for (size_t i = 0; i < r->nmutant; i++)
		report_mutant_done(&r->mutant[i]);
	for (size_t i = 0; i < r->nlayer; i++)
		free(r->layer[i].reason);
	free(r->layer);
	for (size_t i = 0; i < r->nfingerprint; i++)
		free(r->fingerprint[i].value);
	for (size_t i = 0; i < r->nwaiver; i++) {
		free(r->waiver[i].id);
		free(r->waiver[i].reason);
		free(r->waiver[i].owner);
		free(r->waiver[i].origin);
	}
	for (size_t i = 0; i < REPORT_PROBLEMS; i++)
		free(r->problem[i]);
	free(r->waiver);
	free(r->fail_on);
	free(r->probe);
	free(r->mutant);
	free(r->fingerprint);
	free(r->cause);
	report_baseline_done(&r->baseline);
	strv_done(&r->only);
	strv_done(&r->idle);
	strv_done(&r->open);
	strv_done(&r->notes);
	redact_done(&r->names);
	*r = (struct report){ 0 };
}

void report_fingerprint(struct report *r, const char *name, char *value, bool number)
{
	r->fingerprint = xrealloc_array(r->fingerprint, r->nfingerprint + 1, sizeof(*r->fingerprint));
	r->fingerprint[r->nfingerprint++] = (struct report_pair){ name, value, number };
}

int report_order(const char *id, enum report_arm arm, enum report_where where, const char *other_id,
		 enum report_arm other_arm, enum report_where other_where)
{
	int c = strcmp(id, other_id);

	if (c != 0)
		return c;
	if (arm != other_arm)
		return arm < other_arm ? -1 : 1;
	return where < other_where ? -1 : where > other_where;
}

static int report_compare(const void *a, const void *b)
{
	const struct report_probe *x = a, *y = b;

	return report_order(x->id, x->arm, x->where, y->id, y->arm, y->where);
}

void report_sort(struct report *r)
{
	if (r->n > 0)
		qsort(r->probe, r->n, sizeof(*r->probe), report_compare);
}

const char *report_state_name(enum report_state s)
{
	static const char *const names[REPORT_STATES] = {
		"error", "timeout", "fail", "inconclusive", "skip", "waived", "expected-fail-now-passing",
		"pass"
	};

	return names[s];
}

const char *report_skip_name(enum report_skip s)
{
	static const char *const names[REPORT_SKIPS] = { "", "not-applicable", "unsupported",
							 "missing-tool" };

	return names[s];
}

const char *report_waiver_state_name(enum report_waiver_state s)
{
	static const char *const names[REPORT_WAIVER_STATES] = { "expired", "unused", "now-passing", "used" };

	return names[s];
}

const char *report_verdict_name(enum report_verdict v)
{
	static const char *const names[REPORT_VERDICTS] = { "error", "incomplete", "fail", "pass" };

	return names[v];
}

const char *report_arm_name(enum report_arm a)
{
	static const char *const names[REPORT_ARMS] = { "boxed", "open" };

	return names[a];
}

const char *report_where_name(enum report_where w)
{
	static const char *const names[REPORT_WHERES] = { "scratch", "yours" };

	return names[w];
}

const char *report_layer_state_name(enum report_layer_state s)
{
	static const char *const names[] = { "error", "not there", "measured" };

	return names[s];
}

const char *report_mutant_state_name(enum report_mutant_state s)
{
	static const char *const names[] = { "error", "survived", "killed" };

	return names[s];
}

const char *report_change_name(enum report_change_kind k)
{
	static const char *const names[REPORT_CHANGE_KINDS] = { "regressed", "newly_skipped", "vanished",
								"new", "fixed" };

	return names[k];
}

size_t report_changed(const struct report_baseline *b, enum report_change_kind k)
{
	size_t n = 0;

	for (size_t i = 0; i < b->nchange; i++)
		n += b->change[i].kind == k;
	return n;
}

size_t report_count(const struct report *r, enum report_arm arm, enum report_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += (arm == REPORT_ARMS || r->probe[i].arm == arm) && r->probe[i].state == state;
	return n;
}

bool report_is_not_shown(const struct report_probe *p)
{
	return p->arm == REPORT_BOXED && p->where == REPORT_SCRATCH && !p->required &&
	       (p->skip == REPORT_SKIP_UNSUPPORTED || p->skip == REPORT_SKIP_MISSING_TOOL);
}

static enum report_outcome report_outcome_of_state(const struct report_probe *p)
{
	switch (p->state) {
	case REPORT_PASS:
		return REPORT_GREEN;
	case REPORT_SKIP:
	case REPORT_WAIVED:
	case REPORT_NOW_PASSING:
		return REPORT_PASSED_OVER;
	case REPORT_INCONCLUSIVE:
	case REPORT_ERROR:
	case REPORT_TIMEOUT:
		return REPORT_BROKEN;
	case REPORT_FAIL:
		return REPORT_RED;
	case REPORT_STATES:
		break;
	}
	return REPORT_BROKEN;
}

enum report_outcome report_outcome(const struct report_probe *p)
{
	enum report_outcome o = report_outcome_of_state(p);

	/* --fail-on can make a finding of any state, or none. */
	if (p->counts && (o != REPORT_BROKEN || !p->required))
		return REPORT_RED;
	/* Neither what a control nor what an optional row could not tell fails a run. */
	if ((o == REPORT_BROKEN && (p->arm == REPORT_OPEN || !p->required)) ||
	    (o != REPORT_GREEN && p->below))
		return REPORT_PASSED_OVER;
	return o;
}
