/* SPDX-License-Identifier: MIT */
/* The report as JSON: schema 1. Members are only ever added. */
#include "report/report.h"

#include "gate/gate.h"
#include "jsonout.h"
#include "report/baseline.h"

static void json_member(FILE *f, const char *name, const char *value)
{
	fprintf(f, "\"%s\":", name);
	jsonout_string(f, value);
	putc(',', f);
}

static void json_list(FILE *f, const char *name, const struct strv *list)
{
	fprintf(f, "\"%s\":[", name);
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		if (i > 0)
			putc(',', f);
		jsonout_string(f, list->v[i]);
	}
	putc(']', f);
}

static void json_probe(FILE *f, const struct report_probe *p)
{
	putc('{', f);
	json_member(f, "id", p->id);
	json_member(f, "threat", p->threat);
	json_member(f, "title", p->title);
	json_member(f, "class", p->class);
	json_member(f, "severity", p->severity);
	json_member(f, "where", report_where_name(p->where));
	json_member(f, "arm", report_arm_name(p->arm));
	json_member(f, "state", report_state_name(p->state));
	if (p->skip != REPORT_SKIP_NONE)
		json_member(f, "skip", report_skip_name(p->skip));
	if (p->below)
		fputs("\"below_fail_on\":true,", f);
	if (p->counts)
		fputs("\"counted_by_fail_on\":true,", f);
	fprintf(f, "\"required\":%s,", p->required ? "true" : "false");
	json_member(f, "expected", p->expected);
	json_member(f, "observed", p->observed);
	json_member(f, "errno", p->err);
	json_member(f, "step", p->step);
	json_member(f, "detail", p->detail);
	if (p->reason != NULL)
		json_member(f, "reason", p->reason);
	if (p->remedy != NULL)
		json_member(f, "remedy", p->remedy);
	if (p->see != NULL)
		json_member(f, "see", p->see);
	fprintf(f, "\"calibrated\":%s,", p->calibrated != NULL ? "true" : "false");
	if (p->calibrated != NULL) {
		fputs("\"calibration\":{", f);
		json_member(f, "expected", p->calibrated);
		fputs("\"measured\":", f);
		jsonout_string(f, p->measured);
		fputs("},", f);
	}
	if (p->layer != NULL) {
		fputs("\"layers\":[", f);
		jsonout_string(f, p->layer);
		fputs("],", f);
	}
	if (p->counted) {
		fprintf(f, "\"independent\":%zu,", p->alone.n);
		json_list(f, "alone", &p->alone);
		putc(',', f);
	}
	if (p->rerun) {
		json_list(f, "hangs_on", &p->hangs);
		putc(',', f);
	}
	json_list(f, "declared_layers", p->declared);
	fprintf(f, ",\"seconds\":%.4f}", p->seconds);
}

static void json_waiver(FILE *f, const struct report_waiver *w)
{
	putc('{', f);
	json_member(f, "id", w->id);
	if (!w->everywhere)
		json_member(f, "where", report_where_name(w->where));
	json_member(f, "state", report_waiver_state_name(w->state));
	json_member(f, "reason", w->reason);
	json_member(f, "owner", w->owner);
	json_member(f, "expires", w->expires);
	json_member(f, "origin", w->origin);
	fprintf(f, "\"days\":%d}", w->days);
}

static void json_waivers(FILE *f, const struct report *r)
{
	fputs("\"waivers\":[", f);
	for (size_t i = 0; i < r->nwaiver; i++) {
		fputs(i > 0 ? ",\n" : "\n", f);
		json_waiver(f, &r->waiver[i]);
	}
	putc(']', f);
}

static void json_not_shown(FILE *f, const struct report *r)
{
	bool any = false;

	fputs("\"not_shown\":[", f);
	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		if (!report_is_not_shown(p))
			continue;
		fprintf(f, "%s{", any ? "," : "");
		json_member(f, "id", p->id);
		json_member(f, "skip", report_skip_name(p->skip));
		fputs("\"reason\":", f);
		jsonout_string(f, p->reason);
		putc('}', f);
		any = true;
	}
	putc(']', f);
}

/* Every problem that holds, the deciding one first. */
static void json_problems(FILE *f, const struct report *r)
{
	bool any = false;

	fputs("\"problems\":[", f);
	for (enum report_problem p = 0; p < REPORT_PROBLEMS; p++) {
		if (r->problem[p] == NULL)
			continue;
		fprintf(f, "%s{\"exit\":%d,\"why\":", any ? "," : "", gate_exit(p));
		jsonout_string(f, r->problem[p]);
		putc('}', f);
		any = true;
	}
	putc(']', f);
}

static void json_mutant(FILE *f, const struct report_mutant *m)
{
	putc('{', f);
	json_member(f, "id", m->id);
	json_member(f, "state", report_mutant_state_name(m->state));
	json_member(f, "why", m->why);
	if (m->reason != NULL)
		json_member(f, "reason", m->reason);
	json_member(f, "verify", m->verify);
	json_member(f, "proof", m->proof);
	json_list(f, "killed_by", &m->killed_by);
	fprintf(f, ",\"seconds\":%.4f}", m->seconds);
}

static void json_layer(FILE *f, const struct report_layer *l)
{
	putc('{', f);
	json_member(f, "id", l->id);
	json_member(f, "what", l->what);
	json_member(f, "state", report_layer_state_name(l->state));
	if (l->reason != NULL)
		json_member(f, "reason", l->reason);
	fprintf(f, "\"alone\":%zu,\"hangs\":%zu,\"seconds\":%.4f}", l->alone, l->hangs, l->seconds);
}

static void json_counts(FILE *f, const struct report *r)
{
	fprintf(f, "\"counts\":{\"probes\":%zu", r->n);
	for (int s = REPORT_STATES - 1; s >= 0; s--)
		fprintf(f, ",\"%s\":%zu", report_state_name((enum report_state)s),
			report_count(r, REPORT_ARMS, (enum report_state)s));
	fprintf(f, ",\"boxed\":{");
	for (int s = REPORT_STATES - 1; s >= 0; s--)
		fprintf(f, "%s\"%s\":%zu", s == REPORT_STATES - 1 ? "" : ",",
			report_state_name((enum report_state)s),
			report_count(r, REPORT_BOXED, (enum report_state)s));
	fputs("}}", f);
}

static void json_fingerprint(FILE *f, const struct report *r)
{
	fputs("\"fingerprint\":{", f);
	for (size_t i = 0; i < r->nfingerprint; i++) {
		const struct report_pair *p = &r->fingerprint[i];

		fprintf(f, "%s\"%s\":", i > 0 ? "," : "", p->name);
		if (p->number && p->value != NULL)
			fputs(p->value, f);
		else
			jsonout_string(f, p->value);
	}
	putc('}', f);
}

void report_write_json(const struct report *r, FILE *f)
{
	fprintf(f, "{\"schema\":%d,", REPORT_SCHEMA);
	json_member(f, "verdict", report_verdict_name(r->verdict));
	fprintf(f, "\"exit\":%d,", r->exit_code);
	if (r->cause != NULL)
		json_member(f, "cause", r->cause);
	json_problems(f, r);
	putc(',', f);
	if (r->fail_on != NULL)
		json_member(f, "fail_on", r->fail_on);
	fprintf(f, "\"seconds\":%.3f,\n", r->seconds);
	json_counts(f, r);
	fputs(",\n", f);
	json_fingerprint(f, r);
	fputs(",\n\"probes\":[", f);
	for (size_t i = 0; i < r->n; i++) {
		fputs(i > 0 ? ",\n" : "\n", f);
		json_probe(f, &r->probe[i]);
	}
	fputs("],\n", f);
	json_not_shown(f, r);
	fputs(",\n", f);
	json_waivers(f, r);
	fputs(",\n\"layers\":[", f);
	for (size_t i = 0; i < r->nlayer; i++) {
		fputs(i > 0 ? ",\n" : "\n", f);
		json_layer(f, &r->layer[i]);
	}
	fputs("],\n\"mutants\":[", f);
	for (size_t i = 0; i < r->nmutant; i++) {
		fputs(i > 0 ? ",\n" : "\n", f);
		json_mutant(f, &r->mutant[i]);
	}
	fputs("],\n", f);
	json_list(f, "only", &r->only);
	fputs(",\n", f);
	if (r->baseline.asked) {
		fputs("\"baseline\":", f);
		baseline_json(&r->baseline, f);
		fputs(",\n", f);
	}
	json_list(f, "idle", &r->idle);
	fputs(",\n", f);
	json_list(f, "open", &r->open);
	fputs(",\n", f);
	json_list(f, "notes", &r->notes);
	fputs("}\n", f);
}
