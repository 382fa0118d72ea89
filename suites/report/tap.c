/* SPDX-License-Identifier: MIT */
/* The report as TAP 14: one test a probe, arm and box, then one a mutant. */
#include "report/report.h"

#include "jsonout.h"
#include "report/plain.h"

/* JSON's strings are YAML's double-quoted ones. */
static void tap_key(FILE *f, const char *key, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	fprintf(f, "  %s: ", key);
	jsonout_string(f, value);
	putc('\n', f);
}

/* A description: what TAP would read as a directive or an escape is escaped. */
static void tap_text(FILE *f, const char *s)
{
	report_plain(f, s, "#\\", '?');
}

/*
 * TODO is a test that is expected to fail: it shows, and does not fail the run. A waived finding is that, one
 * that --fail-on leaves out, and what an optional row could not tell; a TODO that passes should lose its waiver.
 */
static void tap_directive(FILE *f, const struct report_probe *p, bool ok)
{
	bool todo = !p->counts && (p->state == REPORT_WAIVED || p->state == REPORT_NOW_PASSING || p->below ||
				   (!ok && !p->required && p->state != REPORT_FAIL));

	if (!todo && (!ok || p->state == REPORT_PASS))
		return;
	fputs(todo ? " # TODO " : " # SKIP ", f);
	if (p->below)
		fputs("below --fail-on; ", f);
	if (p->skip != REPORT_SKIP_NONE)
		fprintf(f, "%s: ", report_skip_name(p->skip));
	tap_text(f, p->reason != NULL ? p->reason : report_state_name(p->state));
}

static void tap_probe(FILE *f, size_t number, const struct report_probe *p)
{
	/* An open arm that saw nothing does not fail by itself: the boxed row says so. */
	bool ok = !p->counts &&
		  (p->state == REPORT_PASS || p->state == REPORT_SKIP || p->state == REPORT_NOW_PASSING ||
		   p->arm == REPORT_OPEN || (!p->required && p->state == REPORT_INCONCLUSIVE));

	fprintf(f, "%sok %zu - %s %s %s: ", ok ? "" : "not ", number, p->id, report_arm_name(p->arm),
		report_where_name(p->where));
	tap_text(f, p->title);
	tap_directive(f, p, ok);
	fputs("\n  ---\n", f);
	tap_key(f, "state", report_state_name(p->state));
	tap_key(f, "skip", report_skip_name(p->skip));
	tap_key(f, "threat", p->threat);
	tap_key(f, "severity", p->severity);
	tap_key(f, "expected", p->expected);
	tap_key(f, "observed", p->observed);
	tap_key(f, "errno", p->err);
	tap_key(f, "step", p->step);
	tap_key(f, "detail", p->detail);
	tap_key(f, "reason", p->reason);
	tap_key(f, "layer", p->layer);
	if (!ok)
		tap_key(f, "remedy", p->remedy);
	fputs("  ...\n", f);
}

static void tap_mutant(FILE *f, size_t number, const struct report_mutant *m)
{
	fprintf(f, "%sok %zu - mutant %s is killed\n  ---\n", m->state == REPORT_KILLED ? "" : "not ", number,
		m->id);
	tap_key(f, "why", m->why);
	tap_key(f, "reason", m->reason);
	tap_key(f, "verify", m->verify);
	tap_key(f, "proof", m->proof);
	fputs("  killed_by: [", f);
	for (size_t i = 0; i < m->killed_by.n; i++)
		fprintf(f, "%s%s", i > 0 ? ", " : "", m->killed_by.v[i]);
	fputs("]\n  ...\n", f);
}

static void tap_waiver(FILE *f, const struct report_waiver *w)
{
	fprintf(f, "# waiver %s (%s) until %s, %s, owner ", w->id,
		w->everywhere ? "both boxes" : report_where_name(w->where), w->expires,
		report_waiver_state_name(w->state));
	tap_text(f, w->owner);
	fputs(": ", f);
	tap_text(f, w->reason);
	putc('\n', f);
}

static void tap_comment(FILE *f, const char *label, const char *text)
{
	fprintf(f, "# %s: ", label);
	tap_text(f, text);
	putc('\n', f);
}

void report_write_tap(const struct report *r, FILE *f)
{
	fprintf(f, "TAP version 14\n1..%zu\n# verdict: %s\n", r->n + r->nmutant + 1,
		report_verdict_name(r->verdict));
	for (size_t i = 0; i < r->open.n; i++)
		tap_comment(f, "left open on purpose", r->open.v[i]);
	/* A layer that is missing shows in no test below. */
	for (size_t i = 0; i < r->notes.n; i++)
		tap_comment(f, "note", r->notes.v[i]);
	if (r->fail_on != NULL)
		tap_comment(f, "fail on", r->fail_on);
	for (size_t i = 0; i < r->nwaiver; i++)
		tap_waiver(f, &r->waiver[i]);
	for (size_t i = 0; i < r->n; i++)
		tap_probe(f, i + 1, &r->probe[i]);
	for (size_t i = 0; i < r->nmutant; i++)
		tap_mutant(f, r->n + i + 1, &r->mutant[i]);
	/* Required rows that were skipped leave no failed test above: the verdict is a test of its own. */
	fprintf(f, "%sok %zu - verdict\n", r->verdict == REPORT_VERDICT_PASS ? "" : "not ",
		r->n + r->nmutant + 1);
	if (r->cause != NULL) {
		fputs("  ---\n", f);
		tap_key(f, "cause", r->cause);
		fputs("  ...\n", f);
	}
}
