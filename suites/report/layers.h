/* SPDX-License-Identifier: MIT */
/* Sums over the layers of a report, for its writers. */
#ifndef REPORT_LAYERS_H
#define REPORT_LAYERS_H

#include "report/report.h"

#define REPORT_LAYER_NAMES 16

struct report_layer_sum {
	const char *name; /* static; NULL: the evidence does not tell */
	size_t n;	  /* acts in the scratch box that it refused */
};

/* Fills by falling number, the untold last; returns how many. */
size_t report_layer_sums(const struct report *r, struct report_layer_sum sums[REPORT_LAYER_NAMES + 1]);

#endif
