/* SPDX-License-Identifier: MIT */
/* Which of three different things a probe means by "not applicable". */
#ifndef SKIP_H
#define SKIP_H

#include "report/report.h"

/* By the words of the probe; what no row of the table knows is not applicable, which excuses nothing that is required. */
enum report_skip skip_of(const char *detail);

/* The text for a reader: names of inputs of the probes in words. Owned by the caller. */
char *skip_words(const char *detail);

#endif
