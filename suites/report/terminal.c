/* SPDX-License-Identifier: MIT */
/* The report for a person: verdict, then what is wrong and what to do, then how much was shown. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "report/areas.h"
#include "report/baseline.h"
#include "report/layers.h"
#include "util.h"

#define TERMINAL_ROWS 12

struct terminal {
	FILE *f;
	bool color;
};

static const char *terminal_color(enum report_state s)
{
	static const char *const codes[REPORT_STATES] = {
		[REPORT_ERROR] = "\033[1;31m",	   [REPORT_TIMEOUT] = "\033[1;31m",
		[REPORT_FAIL] = "\033[1;31m",	   [REPORT_INCONCLUSIVE] = "\033[33m",
		[REPORT_SKIP] = "\033[2m",	   [REPORT_WAIVED] = "\033[33m",
		[REPORT_NOW_PASSING] = "\033[33m", [REPORT_PASS] = "\033[32m",
	};

	return codes[s];
}

static void terminal_word(const struct terminal *t, const char *color, const char *word)
{
	fprintf(t->f, "%s%s%s", t->color ? color : "", word, t->color ? "\033[0m" : "");
}

static void terminal_line(const struct terminal *t, const char *label, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	fprintf(t->f, "        %-9s ", label);
	log_escape(t->f, text);
	putc('\n', t->f);
}

/* both: the other box shows the same. */
static void terminal_probe(const struct terminal *t, const struct report_probe *p, bool both)
{
	char word[32];

	snprintf(word, sizeof(word), "%-12s", report_state_name(p->state));
	fputs("  ", t->f);
	terminal_word(t, terminal_color(p->state), word);
	fprintf(t->f, " %s  %s  (%s, %s, %s%s%s%s)\n", p->id, p->title, p->severity,
		p->arm == REPORT_OPEN	   ? "control"
		: both			   ? "both boxes"
		: p->where == REPORT_YOURS ? "your box"
					   : "scratch box",
		p->required ? "required" : "optional", p->skip != REPORT_SKIP_NONE ? ", " : "",
		report_skip_name(p->skip),
		p->below    ? ", below --fail-on"
		: p->counts ? ", counted by --fail-on"
			    : "");
	if (p->state == REPORT_FAIL || p->state == REPORT_WAIVED)
		fprintf(t->f, "        %-9s %s, seen: %s%s%s\n", "expected", p->expected, p->observed,
			p->err != NULL && !streq(p->err, "0") ? " " : "",
			p->err != NULL && !streq(p->err, "0") ? p->err : "");
	terminal_line(t, "at", p->step);
	terminal_line(t, "seen", p->detail);
	terminal_line(t, "why", p->reason);
	if (p->state == REPORT_FAIL || p->state == REPORT_ERROR) {
		terminal_line(t, "remedy", p->remedy);
		terminal_line(t, "see", p->see);
	}
}

/* The row before shows the same for the scratch box. */
static bool terminal_is_twin(const struct report *r, size_t i)
{
	const struct report_probe *p = &r->probe[i];
	const char *why = p->reason != NULL ? p->reason : "";

	return i > 0 && p->arm == REPORT_BOXED && p->where == REPORT_YOURS && streq(p[-1].id, p->id) &&
	       p[-1].arm == REPORT_BOXED && p[-1].state == p->state && p[-1].counts == p->counts &&
	       (p->state != REPORT_FAIL || streq(p[-1].reason != NULL ? p[-1].reason : "", why));
}

/* A row that is shown by itself: what is wrong, and required rows that are not shown to hold. */
static bool terminal_matters(const struct report_probe *p, enum report_state s, bool verbose)
{
	if (p->state != s || s == REPORT_PASS)
		return false;
	if (p->arm == REPORT_OPEN)
		return verbose;
	return s == REPORT_FAIL || s == REPORT_ERROR || s == REPORT_TIMEOUT || s == REPORT_WAIVED ||
	       s == REPORT_NOW_PASSING || verbose || p->counts || (p->required && p->where == REPORT_SCRATCH);
}

static void terminal_findings(const struct terminal *t, const struct report *r, bool verbose)
{
	static const enum report_state order[] = { REPORT_FAIL,		REPORT_ERROR,  REPORT_TIMEOUT,
						   REPORT_INCONCLUSIVE, REPORT_WAIVED, REPORT_NOW_PASSING,
						   REPORT_SKIP };

	for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
		size_t more = 0, shown = 0;

		for (size_t i = 0; i < r->n; i++) {
			bool shown_before =
			    terminal_is_twin(r, i) && terminal_matters(&r->probe[i - 1], order[k], verbose);

			if (shown_before || !terminal_matters(&r->probe[i], order[k], verbose))
				continue;
			/* One cause can take away hundreds of rows; findings are all shown. */
			if (order[k] != REPORT_FAIL && !verbose && ++shown > TERMINAL_ROWS)
				more++;
			else
				terminal_probe(t, &r->probe[i], i + 1 < r->n && terminal_is_twin(r, i + 1));
		}
		if (more > 0)
			fprintf(t->f, "  ... and %zu more are %s: see them with -v\n", more,
				report_state_name(order[k]));
	}
}

/* Pass, fail and the rest of one area. */
static void terminal_area(const struct terminal *t, const struct report *r, const struct area *a)
{
	size_t n[REPORT_STATES] = { 0 }, all = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->probe[i].arm == REPORT_BOXED && area_has(a, r->probe[i].id)) {
			n[r->probe[i].state]++;
			all++;
		}
	}
	if (all == 0)
		return;
	fprintf(t->f, "  %-22s", a->name);
	for (int s = REPORT_STATES - 1; s >= 0; s--) {
		if (n[s] == 0)
			continue;
		fprintf(t->f, "  %4zu ", n[s]);
		terminal_word(t, terminal_color((enum report_state)s),
			      report_state_name((enum report_state)s));
	}
	putc('\n', t->f);
}

static void terminal_mutants(const struct terminal *t, const struct report *r)
{
	size_t killed = 0;

	if (r->nmutant == 0)
		return;
	for (size_t i = 0; i < r->nmutant; i++)
		killed += r->mutant[i].state == REPORT_KILLED;
	fprintf(t->f, "\nMutants: %zu of %zu killed\n", killed, r->nmutant);
	for (size_t i = 0; i < r->nmutant; i++) {
		const struct report_mutant *m = &r->mutant[i];
		char word[16];

		snprintf(word, sizeof(word), "%-9s", report_mutant_state_name(m->state));
		fputs("  ", t->f);
		terminal_word(t, terminal_color(m->state == REPORT_KILLED ? REPORT_PASS : REPORT_FAIL), word);
		fprintf(t->f, " %-26s by %zu", m->id, m->killed_by.n);
		for (size_t k = 0; k < m->killed_by.n && k < 4; k++)
			fprintf(t->f, "%s %s", k == 0 ? ":" : ",", m->killed_by.v[k]);
		fprintf(t->f, "%s%s%s\n", m->killed_by.n > 4 ? ", ..." : "",
			m->verify != NULL ? "; verify refuses" : "",
			m->proof != NULL ? "; proof refuses" : "");
		terminal_line(t, "why", m->reason);
	}
	if (r->idle.n > 0) {
		fputs("  probes that no mutant turns red:", t->f);
		for (size_t i = 0; i < r->idle.n; i++)
			fprintf(t->f, "%s %s", i > 0 ? "," : "", r->idle.v[i]);
		putc('\n', t->f);
	}
}

/* What the acts of the scratch box were refused by. */
static void terminal_layers(const struct terminal *t, const struct report *r)
{
	struct report_layer_sum sums[REPORT_LAYER_NAMES + 1];
	size_t n = report_layer_sums(r, sums);

	if (n == 0)
		return;
	fputs("\nRefused in the scratch box, by evidence:\n", t->f);
	for (size_t i = 0; i < n; i++)
		fprintf(t->f, "  %4zu by %s\n", sums[i].n,
			sums[i].name != NULL ? sums[i].name : "one that the evidence does not tell");
}

/* What reruns with layers off showed. */
static void terminal_depth(const struct terminal *t, const struct report *r, bool verbose)
{
	struct report_depth d = report_layer_depth(r);

	if (r->nlayer == 0)
		return;
	fprintf(t->f,
		"\nLayers: of %zu refused acts %zu are refused by two or more layers, each of them alone\n",
		d.counted, d.several);
	for (size_t i = 0; i < r->nlayer; i++) {
		const struct report_layer *l = &r->layer[i];
		AUTO_FREE char *ids = report_layer_hanging(r, l->id, verbose ? r->n : 4);

		fprintf(t->f, "  %-10s ", l->id);
		if (l->state != REPORT_LAYER_MEASURED)
			terminal_word(
			    t, terminal_color(l->state == REPORT_LAYER_ERROR ? REPORT_ERROR : REPORT_SKIP),
			    report_layer_state_name(l->state));
		else
			fprintf(t->f, "refuses %3zu alone; %3zu hang on it%s%s", l->alone, l->hangs,
				l->hangs > 0 ? ": " : "", ids);
		putc('\n', t->f);
		terminal_line(t, "why", l->reason);
	}
}

static void terminal_list(const struct terminal *t, const char *head, const struct strv *list)
{
	if (list->n == 0)
		return;
	fprintf(t->f, "\n%s\n", head);
	for (size_t i = 0; i < list->n; i++) {
		fputs("  ", t->f);
		log_escape(t->f, list->v[i]);
		putc('\n', t->f);
	}
}

/* What --fail-on leaves out is said in the first line, so that no pass looks like more than it is. */
static void terminal_more(const struct terminal *t, const struct report *r)
{
	static const struct {
		enum report_state state;
		const char *words;
	} more[] = {
		{ REPORT_WAIVED, "waived" },
		{ REPORT_NOW_PASSING, "waived that pass now" },
		{ REPORT_INCONCLUSIVE, "inconclusive" },
		{ REPORT_TIMEOUT, "timed out" },
		{ REPORT_ERROR, "errors" },
	};
	size_t below = 0;

	for (size_t i = 0; i < r->n; i++)
		below += r->probe[i].below;
	if (below > 0)
		fprintf(t->f, " (%zu below --fail-on)", below);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		size_t n = report_count(r, REPORT_BOXED, more[i].state);

		if (n > 0)
			fprintf(t->f, ", %zu %s", n, more[i].words);
	}
}

static void terminal_waivers(const struct terminal *t, const struct report *r)
{
	if (r->nwaiver == 0)
		return;
	fputs("\nWaivers:\n", t->f);
	for (size_t i = 0; i < r->nwaiver; i++) {
		const struct report_waiver *w = &r->waiver[i];
		char word[16];

		snprintf(word, sizeof(word), "%-11s", report_waiver_state_name(w->state));
		fputs("  ", t->f);
		terminal_word(t,
			      terminal_color(w->state == REPORT_WAIVER_EXPIRED ? REPORT_FAIL
					     : w->state == REPORT_WAIVER_USED  ? REPORT_PASS
									       : REPORT_INCONCLUSIVE),
			      word);
		fprintf(t->f, " %s  (%s) until %s, ", w->id,
			w->everywhere		   ? "both boxes"
			: w->where == REPORT_YOURS ? "your box"
						   : "scratch box",
			w->expires);
		fprintf(t->f, "%d %s %s; owner ", abs(w->days), abs(w->days) == 1 ? "day" : "days",
			w->days < 0 ? "ago" : "left");
		log_escape(t->f, w->owner);
		putc('\n', t->f);
		terminal_line(t, "reason", w->reason);
		terminal_line(t, w->state == REPORT_WAIVER_NOW_PASSING ? "remove" : "at", w->origin);
	}
}

static void terminal_not_shown(const struct terminal *t, const struct report *r)
{
	bool head = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		if (!report_is_not_shown(p))
			continue;
		fputs(head ? "" : "\nNot shown (optional):\n", t->f);
		head = true;
		fprintf(t->f, "  %-26s %s: ", p->id, report_skip_name(p->skip));
		log_escape(t->f, p->reason);
		putc('\n', t->f);
	}
}

static void terminal_baseline(const struct terminal *t, const struct report *r, bool verbose)
{
	AUTO_STRV struct strv lines = { 0 };

	baseline_lines(&r->baseline, verbose ? r->baseline.nchange : TERMINAL_ROWS, &lines);
	terminal_list(t, "Against the baseline:", &lines);
}

static void terminal_head(const struct terminal *t, const struct report *r)
{
	static const char *const words[REPORT_VERDICTS] = { "ERROR", "INCOMPLETE", "FAIL", "PASS" };
	static const enum report_state colors[REPORT_VERDICTS] = { REPORT_ERROR, REPORT_INCONCLUSIVE,
								   REPORT_FAIL, REPORT_PASS };
	size_t boxed = 0, fails = report_count(r, REPORT_BOXED, REPORT_FAIL);

	terminal_word(t, terminal_color(colors[r->verdict]), words[r->verdict]);
	for (size_t i = 0; i < r->n; i++)
		boxed += r->probe[i].arm == REPORT_BOXED;
	fprintf(t->f, "  %zu attempts from inside: %zu as expected, %zu %s", boxed,
		report_count(r, REPORT_BOXED, REPORT_PASS), fails, fails == 1 ? "finding" : "findings");
	terminal_more(t, r);
	fprintf(t->f, ", %zu skipped; %zu controls; %.2f s", report_count(r, REPORT_BOXED, REPORT_SKIP),
		report_count(r, REPORT_OPEN, REPORT_PASS), r->seconds);
	for (size_t i = 0; i < r->only.n; i++) {
		fputs(i == 0 ? "; chosen probes alone: --only " : " --only ", t->f);
		log_escape(t->f, r->only.v[i]);
	}
	putc('\n', t->f);
	if (r->cause != NULL) {
		fputs("  ", t->f);
		log_escape(t->f, r->cause);
		putc('\n', t->f);
	}
}

void report_write_terminal(const struct report *r, FILE *f, bool color, bool verbose)
{
	struct terminal t = { f, color };
	bool ran = report_count(r, REPORT_BOXED, REPORT_PASS) + report_count(r, REPORT_BOXED, REPORT_FAIL) +
		       report_count(r, REPORT_BOXED, REPORT_INCONCLUSIVE) >
		   0;

	terminal_head(&t, r);
	/* Where nothing ran, the cause says it once, and hundreds of rows add nothing. */
	if (ran || verbose) {
		terminal_findings(&t, r, verbose);
		putc('\n', f);
		for (const struct area *a = areas;; a++) {
			terminal_area(&t, r, a);
			if (a->prefix == NULL)
				break;
		}
	}
	terminal_mutants(&t, r);
	terminal_depth(&t, r, verbose);
	terminal_waivers(&t, r);
	terminal_not_shown(&t, r);
	terminal_baseline(&t, r, verbose);
	terminal_list(&t, "Left open on purpose:", &r->open);
	terminal_list(&t, "Notes:", &r->notes);
	if (verbose) {
		terminal_layers(&t, r);
		fputs("\nThis machine:\n", f);
		for (size_t i = 0; i < r->nfingerprint; i++)
			terminal_line(&t, r->fingerprint[i].name,
				      r->fingerprint[i].value != NULL ? r->fingerprint[i].value : "unknown");
	}
}
