/* SPDX-License-Identifier: MIT */
/* The end of a piece of work, by a clock. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdbool.h>
#include <time.h>

#include "util.h"

static inline struct timespec deadline_in(clockid_t clock, unsigned milliseconds)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	t.tv_sec += milliseconds / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static inline bool deadline_over(clockid_t clock, const struct timespec *end)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return !time_is_since(*end, now);
}

#endif
