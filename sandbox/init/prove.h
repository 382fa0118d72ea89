/* SPDX-License-Identifier: MIT */
/* The launch proof: forbidden acts, tried, judged by their effect. */
#ifndef PROVE_H
#define PROVE_H

#include "record.h"

/*
 * Tries every check of the record. True when all hold; else report->check and
 * ->text name the first that missed. report->checks counts what was executed.
 */
bool prove(const struct record *rec, struct record_report *report);

/*
 * Before the last layers: what they would refuse too. A user namespace that can
 * be made has been made: prove() misses then, and the process must end.
 */
void prove_unfiltered(const struct record *rec);

#endif
