/* SPDX-License-Identifier: MIT */
/*
 * --fail-on: for which rows a run fails. Rules between commas; a row that any
 * of them names counts:
 *   all                           every finding, which is also the default
 *   critical high medium low      findings of that severity and above
 *   escape exfiltration ...       findings of that class
 *   ID or GLOB of ids             findings of these probes
 *   skip not-applicable unsupported missing-tool inconclusive error timeout waived now-passing
 *                                 rows in that state, also optional ones, besides the findings
 * States alone leave it at every finding: to ask for more never gives less.
 */
#ifndef FAILON_H
#define FAILON_H

#include "diag.h"
#include "manifest.h"
#include "report/report.h"

/* Whether `text` can be used; -EINVAL, with the nearest word that is known. NULL is the default, and good. */
int failon_check(const char *text, const struct manifest *m, struct diag *d);
/* Sets `below` and `counts` of the judged rows by a text that was checked, and keeps the text in the report. */
void failon_apply(const char *text, struct report *r);

#endif
