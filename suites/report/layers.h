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

struct report_depth {
	size_t counted, several,
	    none; /* acts that reruns counted; refused by two or more alone; by none alone */
};
struct report_depth report_layer_depth(const struct report *r);
/* Ids of the acts that hang on the layer alone, comma-separated, at most `max`. Owned by the caller. */
char *report_layer_hanging(const struct report *r, const char *layer, size_t max);

#endif
