/* SPDX-License-Identifier: MIT */
/* The comparison as JSON: one list of facts, and one of rows for each kind of change. */
#include "jsonout.h"
#include "report/baseline.h"

static void baseline_json_state(FILE *f, const char *name, enum report_state s)
{
	fprintf(f, ",\"%s\":", name);
	jsonout_string(f, s == REPORT_STATES ? NULL : report_state_name(s));
}

static void baseline_json_changes(FILE *f, const struct report_baseline *b, enum report_change_kind kind)
{
	bool any = false;

	fprintf(f, ",\n\"%s\":[", report_change_name(kind));
	for (size_t i = 0; i < b->nchange; i++) {
		const struct report_change *c = &b->change[i];

		if (c->kind != kind)
			continue;
		fputs(any ? ",\n{\"id\":" : "\n{\"id\":", f);
		any = true;
		jsonout_string(f, c->id);
		fprintf(f, ",\"arm\":\"%s\",\"where\":\"%s\"", report_arm_name(c->arm),
			report_where_name(c->where));
		baseline_json_state(f, "before", c->before);
		baseline_json_state(f, "after", c->after);
		if (c->layer_before != NULL) {
			fputs(",\"layer_before\":", f);
			jsonout_string(f, c->layer_before);
			fputs(",\"layer_after\":", f);
			jsonout_string(f, c->layer_after);
		}
		putc('}', f);
	}
	putc(']', f);
}

void baseline_json(const struct report_baseline *b, FILE *f)
{
	fputs("{\"file\":", f);
	jsonout_string(f, b->file);
	fputs(",\"refused\":", f);
	jsonout_string(f, b->refused);
	fputs(",\n\"environment\":[", f);
	for (size_t i = 0; i < b->nenvironment; i++) {
		const struct report_delta *e = &b->environment[i];

		fputs(i > 0 ? ",\n{\"name\":" : "\n{\"name\":", f);
		jsonout_string(f, e->name);
		fputs(",\"before\":", f);
		jsonout_string(f, e->before);
		fputs(",\"after\":", f);
		jsonout_string(f, e->after);
		putc('}', f);
	}
	putc(']', f);
	for (enum report_change_kind k = 0; k < REPORT_CHANGE_KINDS; k++)
		baseline_json_changes(f, b, k);
	putc('}', f);
}
