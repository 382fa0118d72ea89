/* SPDX-License-Identifier: MIT */
/*
 * Accepted findings: a JSON array, comments allowed, of objects with `id`,
 * maybe `where`, `reason`, `owner` and `expires`, the last day in UTC on which
 * the waiver holds. Strict: what is not fully understood fails the whole file,
 * for a waiver that covers other than was meant hides a finding.
 */
#ifndef WAIVERS_H
#define WAIVERS_H

#include <stddef.h>
#include "diag.h"
#include "manifest.h"
#include "report/report.h"

#define WAIVERS_MAX   1000
#define WAIVERS_NAMED 3 /* expired ones that the cause names; all are in the list of waivers */

/* Days since 1970-01-01 of "YYYY-MM-DD", a day that the calendar has, from the year 2000 on; 0 or -EINVAL. */
int waivers_day(const char *text, long *ret);
/*
 * Reads text[0..len) into the report's waivers, as of `today` (days since 1970-01-01, UTC). 0, or -EINVAL
 * with "NAME:LINE:COLUMN: what"; then the report's are those before the wrong one.
 */
int waivers_parse(const char *name, const char *text, size_t len, const struct manifest *m, long today,
		  struct report *r, struct diag *d);
/* Adds a problem for each expired one, whatever its check shows. */
void waivers_expire(struct report *r);
/* Gives the judged rows and the waivers their states. Errors, timeouts and inconclusive rows stay. */
void waivers_apply(struct report *r);

#endif
