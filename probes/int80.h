/* SPDX-License-Identifier: MIT */
/* Calls by the 32-bit entry of x86-64. */
#ifndef INT80_H
#define INT80_H

#include "probe.h"

#include <errno.h>
#include <string.h>

#ifdef __x86_64__
/* Result or -errno of an i386 call; bad pointers and small numbers only, since the registers are 32 bits wide. */
static inline long int80(long nr, long a, long b, long c, long d, long e)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)r;
}

/* Runs body in a child: the entry kills it on a kernel that has none. */
static inline struct probe_result int80_run(struct probe_result (*body)(void *))
{
	struct probe_result r = probe_in_child(body, NULL, 2);

	if (r.seen == PROBE_UNKNOWN && strstr(r.detail, "signal 11") != NULL)
		return probe_na("this kernel has no 32-bit entry");
	return r;
}
#endif

#endif
