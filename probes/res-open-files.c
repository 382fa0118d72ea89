/* SPDX-License-Identifier: MIT */
/*
 * RS-04: each open file takes a place in a table that the whole machine shares, and a limit that can be raised is
 * none. Raises it as far as that goes, then asks for a descriptor with the first number beyond.
 * Remedy: Look for `rlimit nofile` in --dry-run.
 * See: setrlimit(2) on RLIMIT_NOFILE
 */
#include "look.h"

#include <sys/resource.h>

#define MOST 65536

PROBE("res-open-files", "a process can't have more than 65536 files open")
{
	struct rlimit64 own, want = { 1 << 20, 1 << 20 };
	long r = probe_sys(SYS_prlimit64, 0L, (long)RLIMIT_NOFILE, 0L, &own), raised;

	if (r < 0)
		return probe_unknown((int)-r, "prlimit64", "the limit can't be read");
	raised = own.rlim_max < want.rlim_max ? probe_sys(SYS_prlimit64, 0L, (long)RLIMIT_NOFILE, &want, 0L)
					      : -EPERM;
	want = own;
	want.rlim_cur = own.rlim_max;
	if (raised < 0)
		probe_sys(SYS_prlimit64, 0L, (long)RLIMIT_NOFILE, &want, 0L);
	r = probe_sys(SYS_fcntl, 2L, (long)F_DUPFD_CLOEXEC, (long)MOST);
	if (r >= 0) {
		look_close((int)r);
		return probe_allowed("fcntl F_DUPFD", "descriptor %ld, hard limit %llu", r,
				     (unsigned long long)own.rlim_max);
	}
	if (look_open_arm())
		return probe_na("the caller's own limit is not higher: %llu",
				(unsigned long long)own.rlim_max);
	return probe_denied((int)-r, "fcntl F_DUPFD", "hard limit %llu, raising it: %s",
			    (unsigned long long)own.rlim_max, probe_errno_name((int)-raised));
}
