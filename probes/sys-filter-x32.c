/* SPDX-License-Identifier: MIT */
/*
 * Every x32 number against all filters in force, whether or not this kernel is built with x32: the
 * filter is asked first. None is made: see past.h.
 * Remedy: The filter must refuse numbers from 0x40000000 on (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP.
 * See: syscall(2), seccomp(2), seccomp_unotify(2)
 */
#include "numbers.h"
#include "past.h"

PROBE("sys-filter-x32", "no x32 number gets past the filter")
{
#ifdef __x86_64__
	struct past *p = past_new();
	struct probe_result r;

	if (p == NULL)
		return probe_unknown(errno, "mmap", "no memory");
	for (long nr = 0; nr < NUMBERS_OTHER; nr++)
		past_add(p, NUMBERS_X32 | nr, false);
	return past_run(p, &r) ? past_tell(p, "x32 numbers", past_number) : r;
#else
	return probe_na("no such calls on this architecture");
#endif
}
