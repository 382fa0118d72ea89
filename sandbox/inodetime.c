/* SPDX-License-Identifier: MIT */
#include "inodetime.h"

#include <stdbool.h>

#include "util.h"

/* One is enough; a clock that is set back is not waited for. */
#define TICKS_MAX 3

struct timespec inodetime_after(struct timespec past)
{
	struct timespec now, tick;

	clock_getres(CLOCK_REALTIME_COARSE, &tick);
	for (int i = 0; clock_gettime(CLOCK_REALTIME_COARSE, &now), i < TICKS_MAX; i++) {
		if (!time_is_since(past, now))
			break;
		nanosleep(&tick, NULL);
	}
	return now;
}
