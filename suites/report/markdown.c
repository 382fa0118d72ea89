/* SPDX-License-Identifier: MIT */
/* The report as Markdown, to be published: the runner redacts it first, whether or not --redact is given. */
#include "report/report.h"

#include <string.h>

#include "mem.h"
#include "report/areas.h"
#include "report/baseline.h"
#include "report/layers.h"
#include "report/plain.h"
#include "util.h"

/* In a table's cell: no bar, no markup, no control character. */
static void markdown_cell(FILE *f, const char *text)
{
	report_plain(f, text != NULL ? text : "", "|<>*_`[]\\", ' ');
}

static void markdown_row(FILE *f, const struct report_probe *p)
{
	const char *detail = p->reason != NULL ? p->reason : p->detail;

	fprintf(f, "| %s%s%s | `%s` | %s | ", report_state_name(p->state),
		p->skip != REPORT_SKIP_NONE ? ": " : "", report_skip_name(p->skip), p->id, p->threat);
	markdown_cell(f, p->title);
	fprintf(f, " | %s | %s %s | %s", report_where_name(p->where), p->observed,
		p->err != NULL && !streq(p->err, "0") ? p->err : "", p->layer != NULL ? p->layer : "");
	for (size_t i = 0; i < p->alone.n; i++)
		fprintf(f, "%s%s%s", i == 0 ? " (alone: " : ", ", p->alone.v[i],
			i + 1 == p->alone.n ? ")" : "");
	fputs(" | ", f);
	if (p->state != REPORT_PASS)
		markdown_cell(f, detail);
	if (p->below || p->counts)
		fprintf(f, " (%s --fail-on)", p->below ? "below" : "counted by");
	if (p->state == REPORT_FAIL && p->remedy != NULL) {
		fputs(" Remedy: ", f);
		markdown_cell(f, p->remedy);
	}
	fputs(" |\n", f);
}

#define MARKDOWN_HEAD \
	"| state | probe | threat | what | box | seen | by | remark |\n|---|---|---|---|---|---|---|---|\n"

static void markdown_area(const struct report *r, FILE *f, const struct area *a)
{
	bool head = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		if (p->arm != REPORT_BOXED || !area_has(a, p->id))
			continue;
		if (!head)
			fprintf(f, "\n### %c%s\n\n" MARKDOWN_HEAD,
				a->name[0] >= 'a' ? a->name[0] - 32 : a->name[0], a->name + 1);
		head = true;
		markdown_row(f, p);
	}
}

static void markdown_findings(const struct report *r, FILE *f)
{
	bool head = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		if (p->arm != REPORT_BOXED || p->state == REPORT_PASS ||
		    (p->state == REPORT_SKIP && !p->counts))
			continue;
		if (!head)
			fputs("\n## Findings\n\n" MARKDOWN_HEAD, f);
		head = true;
		markdown_row(f, p);
	}
}

static void markdown_list(FILE *f, const char *head, const struct strv *list)
{
	if (list->n == 0)
		return;
	fprintf(f, "\n## %s\n\n", head);
	for (size_t i = 0; i < list->n; i++) {
		fputs("- ", f);
		markdown_cell(f, list->v[i]);
		putc('\n', f);
	}
}

static void markdown_waivers(const struct report *r, FILE *f)
{
	if (r->nwaiver == 0)
		return;
	fputs("\n## Waivers\n\n| state | probe | box | until | days | owner | reason |\n"
	      "|---|---|---|---|---|---|---|\n",
	      f);
	for (size_t i = 0; i < r->nwaiver; i++) {
		const struct report_waiver *w = &r->waiver[i];

		fprintf(f, "| %s | `%s` | %s | %s | %d | ", report_waiver_state_name(w->state), w->id,
			w->everywhere ? "both" : report_where_name(w->where), w->expires, w->days);
		markdown_cell(f, w->owner);
		fputs(" | ", f);
		markdown_cell(f, w->reason);
		fputs(" |\n", f);
	}
}

static void markdown_not_shown(const struct report *r, FILE *f)
{
	bool head = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		if (!report_is_not_shown(p))
			continue;
		if (!head)
			fputs("\n## Not shown\n\nOptional probes that this host or the suite could not "
			      "run.\n\n",
			      f);
		head = true;
		fprintf(f, "- `%s`: %s: ", p->id, report_skip_name(p->skip));
		markdown_cell(f, p->reason);
		putc('\n', f);
	}
}

static void markdown_mutants(const struct report *r, FILE *f)
{
	if (r->nmutant == 0)
		return;
	fputs("\n## Mutants\n\nThe same box with one protection taken away each time.\n\n"
	      "| state | mutant | what is missing | red probes | verify | launch proof "
	      "|\n|---|---|---|---|---|---|\n",
	      f);
	for (size_t i = 0; i < r->nmutant; i++) {
		const struct report_mutant *m = &r->mutant[i];

		fprintf(f, "| %s | `%s` | ", report_mutant_state_name(m->state), m->id);
		markdown_cell(f, m->why);
		fputs(" | ", f);
		for (size_t k = 0; k < m->killed_by.n && k < 6; k++)
			fprintf(f, "%s`%s`", k > 0 ? ", " : "", m->killed_by.v[k]);
		if (m->killed_by.n > 6)
			fprintf(f, " and %zu more", m->killed_by.n - 6);
		fprintf(f, " | %s | %s |\n", m->verify != NULL ? "refuses" : "",
			m->proof != NULL ? "refuses" : "");
	}
}

static void markdown_layers(const struct report *r, FILE *f)
{
	struct report_depth d = report_layer_depth(r);

	if (r->nlayer == 0)
		return;
	fprintf(f,
		"\n## Layers\n\nThe same box with one layer off, and with all but one off. Of %zu refused "
		"acts %zu "
		"are refused by two or more layers, each of them alone.\n\n"
		"| layer | what it is | refuses alone | hang on it | which |\n|---|---|---|---|---|\n",
		d.counted, d.several);
	for (size_t i = 0; i < r->nlayer; i++) {
		const struct report_layer *l = &r->layer[i];
		AUTO_FREE char *ids = report_layer_hanging(r, l->id, r->n);

		if (l->state == REPORT_LAYER_MEASURED)
			fprintf(f, "| %s | %s | %zu | %zu | %s |\n", l->id, l->what, l->alone, l->hangs, ids);
		else
			fprintf(f, "| %s | %s | %s | | |\n", l->id, l->what,
				report_layer_state_name(l->state));
	}
}

void report_write_markdown(const struct report *r, FILE *f)
{
	static const char *const words[REPORT_VERDICTS] = { "error", "incomplete", "fail", "pass" };
	size_t fails = report_count(r, REPORT_BOXED, REPORT_FAIL);
	AUTO_STRV struct strv changes = { 0 };

	fprintf(f, "# Security test: %s\n\n", words[r->verdict]);
	fprintf(
	    f,
	    "%zu probes inside the sandbox were contained, %zu %s, %zu waived, %zu skipped, "
	    "%zu inconclusive; %zu controls succeeded outside it.\n",
	    report_count(r, REPORT_BOXED, REPORT_PASS) + report_count(r, REPORT_BOXED, REPORT_NOW_PASSING),
	    fails, fails == 1 ? "finding" : "findings", report_count(r, REPORT_BOXED, REPORT_WAIVED),
	    report_count(r, REPORT_BOXED, REPORT_SKIP), report_count(r, REPORT_BOXED, REPORT_INCONCLUSIVE),
	    report_count(r, REPORT_OPEN, REPORT_PASS));
	if (r->cause != NULL) {
		putc('\n', f);
		markdown_cell(f, r->cause);
		putc('\n', f);
	}
	fputs("\n| what | value |\n|---|---|\n", f);
	for (size_t i = 0; i < r->nfingerprint; i++) {
		fprintf(f, "| %s | ", r->fingerprint[i].name);
		markdown_cell(f, r->fingerprint[i].value != NULL ? r->fingerprint[i].value : "unknown");
		fputs(" |\n", f);
	}
	markdown_findings(r, f);
	markdown_waivers(r, f);
	markdown_not_shown(r, f);
	baseline_lines(&r->baseline, r->baseline.nchange, &changes);
	markdown_list(f, "Against the baseline", &changes);
	markdown_list(f, "Left open on purpose", &r->open);
	markdown_list(f, "Notes", &r->notes);
	if (r->n > 0)
		fputs("\n## Probes\n", f);
	for (const struct area *a = areas;; a++) {
		markdown_area(r, f, a);
		if (a->prefix == NULL)
			break;
	}
	markdown_layers(r, f);
	markdown_mutants(r, f);
}
