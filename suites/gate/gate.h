/* SPDX-License-Identifier: MIT */
/*
 * From rows and problems to a verdict and an exit code: pure, on the report
 * alone. Whoever finds something wrong adds it; the order of adding is no matter.
 */
#ifndef GATE_H
#define GATE_H

#include "report/report.h"

/*
 * Adds a problem, in words (taken), and sets verdict, exit code and cause anew. Words of the same problem
 * are joined; `verdict` matters for REPORT_PROBLEM_INCOMPLETE, where the worse one stays.
 */
void gate_add(struct report *r, enum report_problem p, enum report_verdict verdict, char *why);
/* A problem after which there is no verdict on the sandbox. */
void gate_error(struct report *r, enum report_problem p, const char *why);
/* Sets verdict, exit code and cause from the problems: nothing judged and no problem is an error. */
void gate_close(struct report *r);
/* Judges the rows, whose `below` and `counts` are set: adds what they show. */
void gate_judge(struct report *r);
/* Adds what the mutants show: one that survived is a finding, one that gave no verdict leaves the run incomplete. */
void gate_mutants(struct report *r);
/* True when the run fails for this row. */
bool gate_fails(const struct report_probe *p);
/* The exit code of a problem. */
int gate_exit(enum report_problem p);

#endif
