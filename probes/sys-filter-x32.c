/* SPDX-License-Identifier: MIT */
/*
 * Every x32 number against all filters in force, whether or not this kernel is built with x32: the
 * filter is asked first. None is made: see past.h.
 * Remedy: The filter must refuse numbers from 0x40000000 on (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP.
 * See: syscall(2), seccomp(2), seccomp_unotify(2)
 */
#include "past.h"

#ifdef __x86_64__
#define NUMBERS 600 /* the kernel has 548 */

static void name(const struct past_call *c, size_t at, char out[40])
{
	(void)at;
	snprintf(out, 40, "%ld", c->nr & 0xfff);
}
#endif

PROBE("sys-filter-x32", "no x32 number gets past the filter")
{
#ifdef __x86_64__
	struct past *p = past_new();
	struct probe_result r;

	if (p == NULL)
		return probe_unknown(errno, "mmap", "no memory");
	for (long nr = 0; nr < NUMBERS; nr++)
		past_add(p, 0x40000000L | nr, false);
	return past_run(p, &r) ? past_tell(p, "x32 numbers", name) : r;
#else
	return probe_na("no such calls on this architecture");
#endif
}
