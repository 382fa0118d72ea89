/* SPDX-License-Identifier: MIT */
/* Programs on a terminal whose other side is read here. Nothing here knows a goal. */
#ifndef BENCH_TTY_H
#define BENCH_TTY_H

#include "bench/measure.h"

/* Reads all that it writes; milliseconds from the first byte to the last, negative when it wrote less than n bytes. */
double tty_bulk(const struct measure_cmd *c, size_t n);
/*
 * Two programs that print a line and then echo: the median of the time until a key comes back, in ms, asked
 * in turn. 0, or -1.
 */
int tty_echo(const struct measure_cmd c[2], size_t keys, double ret[2]);

#endif
