/* SPDX-License-Identifier: MIT */
/* Scratch boxes side by side. */
#include "runner/suite.h"

void batch_run(const struct batch *b)
{
	size_t next = 0, done = 0;

	while (done < b->n) {
		for (; next < b->n && next - done < b->width; next++)
			b->start(b->arg, next, next % b->width);
		b->finish(b->arg, done, done % b->width);
		done++;
	}
}
