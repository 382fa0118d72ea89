/* SPDX-License-Identifier: MIT */
/*
 * KS-17: the kernel starts a piped core handler, which runs as root on the host, unless the
 * soft limit is exactly 1; a higher hard limit lets the soft one be raised. A limit that was
 * inherited from the caller is no protection.
 * Remedy: Both limits must be 1 inside: look for `rlimit core` in --dry-run.
 * See: core(5) on piping core dumps, CVE-2022-4415
 */
#include "look.h"

#include <sys/resource.h>

PROBE("sys-core-limit", "no core handler of the host can be started by a crash")
{
	struct rlimit64 own;
	long r = probe_sys(SYS_prlimit64, 0L, (long)RLIMIT_CORE, 0L, &own);

	if (r < 0)
		return probe_unknown((int)-r, "prlimit64", "the limit can't be read");
	if (own.rlim_cur != 1 || own.rlim_max != 1)
		return probe_allowed("prlimit64 RLIMIT_CORE", "soft %llu, hard %llu",
				     (unsigned long long)own.rlim_cur, (unsigned long long)own.rlim_max);
	if (look_open_arm())
		return probe_na("the caller's own limits are 1");
	return probe_denied(0, "prlimit64 RLIMIT_CORE", "soft and hard are 1: no core handler can run");
}
