/* SPDX-License-Identifier: MIT */
/*
 * An earlier report as the measure of this one. The text is foreign bytes;
 * parsing and comparing touch nothing else. Where the file lies and who may
 * write it is the runner's.
 */
#ifndef BASELINE_H
#define BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include "diag.h"
#include "report/report.h"

struct baseline_fact {
	char *name, *value; /* owned; value NULL: not known */
};
struct baseline_row {
	char *id; /* owned */
	enum report_arm arm;
	enum report_where where;
	enum report_state state;
	char *layer; /* owned; which refused it, by evidence; NULL: none was told */
};
struct baseline {
	struct baseline_fact *fact; /* owned */
	size_t nfact;
	struct baseline_row *row; /* owned; by id, arm, box */
	size_t n;
};

/*
 * Reads the JSON report text[0..len), which messages call `name`. 0, or -EINVAL with the reason: no report of
 * schema 1, not whole, without probes or with one twice, of a run that did not pass or with --only.
 * baseline_done releases *ret in both cases.
 */
int baseline_parse(const char *name, const char *text, size_t len, struct baseline *ret, struct diag *d);
/* 0 when the text is a report of this tool, of whichever version and verdict; else -EINVAL with the reason. */
int baseline_is_report(const char *name, const char *text, size_t len, struct diag *d);
void baseline_done(struct baseline *b);
/* Fills environment and changes of *ret: what this report shows otherwise. Rows that --only left out are not compared. */
void baseline_compare(const struct baseline *b, const struct report *r, struct report_baseline *ret);
/* Why the run is not as good as the baseline, in one line; owned; NULL: it is. */
char *baseline_worse(const struct report_baseline *b);
/* The comparison in lines for a reader, environment first; of each kind at most `max` rows. */
void baseline_lines(const struct report_baseline *b, size_t max, struct strv *ret);
/* The comparison as a JSON object. */
void baseline_json(const struct report_baseline *b, FILE *f);

#endif
