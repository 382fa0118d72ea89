/* SPDX-License-Identifier: MIT */
/*
 * Every number that no call has yet, up to 2047, against all filters in force: what a filter lets
 * pass there is tomorrow's call. None is made: see past.h.
 * Remedy: The filter must be a list of permitted calls with ENOSYS for the rest (the built-in one
 *   is): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: seccomp(2), syscalls(2), seccomp_unotify(2)
 */
#include "past.h"

/* As of Linux 6.17: 469 is the last, and between the old and the common numbers there is a gap. */
#ifdef __x86_64__
#define GAP 337
#else
#define GAP 295
#endif
#define GAP_END 402
#define NEW	470
#define END	2048

static void name(const struct past_call *c, size_t at, char out[40])
{
	(void)at;
	snprintf(out, 40, "%ld", c->nr);
}

PROBE("sys-filter-numbers", "no number without a call gets past the filter")
{
	struct past *p = past_new();
	struct probe_result r;

	if (p == NULL)
		return probe_unknown(errno, "mmap", "no memory");
	for (long nr = GAP; nr <= GAP_END; nr++)
		past_add(p, nr, false);
	for (long nr = NEW; nr < END; nr++)
		past_add(p, nr, false);
	return past_run(p, &r) ? past_tell(p, "numbers", name) : r;
}
