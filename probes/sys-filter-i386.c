/* SPDX-License-Identifier: MIT */
/*
 * Every number of the 32-bit entry, int 0x80, against all filters in force: a filter that lets one
 * of them pass lets a call pass that it does not know. None is made: see past.h.
 * Remedy: The filter must refuse every ABI but the native one (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP; `ia32_emulation=off` on the kernel's command line closes the entry
 *   for good.
 * See: syscall(2), seccomp(2), seccomp_unotify(2)
 */
#include "numbers.h"
#include "past.h"

PROBE("sys-filter-i386", "no number of the 32-bit entry gets past the filter")
{
#ifdef __x86_64__
	struct past *p = past_new();
	struct probe_result r;

	if (p == NULL)
		return probe_unknown(errno, "mmap", "no memory");
	for (long nr = 0; nr < NUMBERS_OTHER; nr++)
		past_add(p, nr, true);
	return past_run(p, &r) ? past_tell(p, "32-bit numbers", past_number) : r;
#else
	return probe_na("no such entry on this architecture");
#endif
}
