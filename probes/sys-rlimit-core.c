/* SPDX-License-Identifier: MIT */
/*
 * A limit of 1 keeps a piped core handler, which runs as root on the host, from being started; 0
 * does not, and lowering is always permitted. So a change must have no effect, though the call
 * says it had.
 * Remedy: The filter answers changes of RLIMIT_CORE with success without effect: unset
 *   CLAUDE_SANDBOX_NO_SECCOMP.
 * See: core(5) on piping core dumps, CVE-2022-4415
 */
#include "probe.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>

PROBE("sys-rlimit-core", "the core limit can't be changed")
{
	struct rlimit64 before, after, want;
	long r, r2;

	r = probe_sys(SYS_prlimit64, 0L, (long)RLIMIT_CORE, 0L, &before);
	if (r < 0)
		return probe_unknown((int)-r, "prlimit64", "the limit can't be read");
	want.rlim_max = before.rlim_max;
	want.rlim_cur = before.rlim_cur != 0 ? 0 : 1;
	if (want.rlim_cur > want.rlim_max)
		return probe_na("the hard limit is 0 already");
	r = probe_sys(SYS_prlimit64, 0L, (long)RLIMIT_CORE, &want, 0L);
	r2 = probe_sys(SYS_setrlimit, (long)RLIMIT_CORE, &want);
	probe_sys(SYS_prlimit64, 0L, (long)RLIMIT_CORE, 0L, &after);
	if (after.rlim_cur == want.rlim_cur)
		return probe_allowed("prlimit64 RLIMIT_CORE", "from %lu to %lu",
				     (unsigned long)before.rlim_cur, (unsigned long)after.rlim_cur);
	return probe_denied(r < 0 ? (int)-r : 0, "prlimit64 RLIMIT_CORE",
			    "still %lu; the calls said %ld and %ld", (unsigned long)after.rlim_cur, r, r2);
}
