/* SPDX-License-Identifier: MIT */
/*
 * Every number that no call has yet, up to 2047, against all filters in force: what a filter lets
 * pass there is tomorrow's call. None is made: see past.h.
 * Remedy: The filter must be a list of permitted calls with ENOSYS for the rest (the built-in one
 *   is): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: seccomp(2), syscalls(2), seccomp_unotify(2)
 */
#include "numbers.h"
#include "past.h"

#ifdef __x86_64__
#define GAP NUMBERS_GAP_X86_64
#else
#define GAP NUMBERS_GAP_AARCH64
#endif

PROBE("sys-filter-numbers", "no number without a call gets past the filter")
{
	struct past *p = past_new();
	struct probe_result r;

	if (p == NULL)
		return probe_unknown(errno, "mmap", "no memory");
	for (long nr = GAP; nr <= NUMBERS_GAP_END; nr++)
		past_add(p, nr, false);
	for (long nr = NUMBERS_NEW; nr < NUMBERS_END; nr++)
		past_add(p, nr, false);
	return past_run(p, &r) ? past_tell(p, "numbers", past_number) : r;
}
