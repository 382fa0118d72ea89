/* SPDX-License-Identifier: MIT */
/*
 * Signal 0 to a host process of the same user; EPERM also means that it is visible.
 * Remedy: The sandbox was started without a pid namespace: look at the plan with --dry-run.
 * See: pid_namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>

PROBE("ns-pid-scan", "a process of the host can't be seen by its number")
{
	long pid = probe_input_long("CANARY_PID"), r;
	char path[64];

	if (pid <= 1)
		return probe_na("needs CANARY_PID");
	r = probe_sys(SYS_kill, pid, 0L);
	if (r == 0 || r == -EPERM)
		return probe_allowed("kill 0", "host process %ld is visible (%s)", pid,
				     probe_errno_name((int)-r));
	if (r != -ESRCH)
		return probe_denied((int)-r, "kill 0", "refused");
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	r = probe_sys(SYS_faccessat, -1L, path, 0L);
	if (r == 0)
		return probe_allowed("access /proc/PID", "%s is there", path);
	return probe_denied(ESRCH, "kill 0", "host process %ld does not exist here", pid);
}
