/* SPDX-License-Identifier: MIT */
/* The report as JSON: schema 1. Members are only ever added. */
#include "report/report.h"

#include "jsonout.h"

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
	fprintf(f, "\"calibrated\":%s,", p->calibrated ? "true" : "false");
	if (p->layer != NULL) {
		fputs("\"layers\":[", f);
		jsonout_string(f, p->layer);
		fputs("],", f);
	}
	json_list(f, "declared_layers", p->declared);
	fprintf(f, ",\"seconds\":%.4f}", p->seconds);
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
	fprintf(f, "\"seconds\":%.3f,\n", r->seconds);
	json_counts(f, r);
	fputs(",\n", f);
	json_fingerprint(f, r);
	fputs(",\n\"probes\":[", f);
	for (size_t i = 0; i < r->n; i++) {
		fputs(i > 0 ? ",\n" : "\n", f);
		json_probe(f, &r->probe[i]);
	}
	fputs("],\n\"mutants\":[", f);
	for (size_t i = 0; i < r->nmutant; i++) {
		fputs(i > 0 ? ",\n" : "\n", f);
		json_mutant(f, &r->mutant[i]);
	}
	fputs("],\n", f);
	json_list(f, "idle", &r->idle);
	fputs(",\n", f);
	json_list(f, "open", &r->open);
	fputs(",\n", f);
	json_list(f, "notes", &r->notes);
	fputs("}\n", f);
}
