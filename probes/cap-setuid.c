/* SPDX-License-Identifier: MIT */
/*
 * setuid, setresuid, setreuid and setfsuid to 0, setresgid to 0; judged by the ids that result.
 * Remedy: The sandbox maps one uid only, and not to 0: look at the plan with --dry-run (--uid),
 *   and whether it was started with --as-root.
 * See: user_namespaces(7), setuid(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

PROBE("cap-setuid", "uid 0 can't be had")
{
	long r = probe_sys(SYS_setuid, 0L), ruid, euid;

	if (r < 0)
		probe_sys(SYS_setreuid, 0L, 0L);
	if (geteuid() != 0)
		probe_sys(SYS_setresuid, -1L, 0L, -1L);
	probe_sys(SYS_setresgid, 0L, 0L, 0L);
	probe_sys(SYS_setfsuid, 0L);
	ruid = (long)getuid();
	euid = (long)geteuid();
	if (ruid == 0 || euid == 0)
		return probe_allowed("setuid", "uid %ld, effective %ld", ruid, euid);
	if (probe_sys(SYS_setfsuid, -1L) == 0)
		return probe_allowed("setfsuid", "the file system uid is 0");
	return probe_denied((int)-r, "setuid", "still uid %ld", ruid);
}
