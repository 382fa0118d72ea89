/* SPDX-License-Identifier: MIT */
/*
 * Asks the kernel for the mode of the own process, which was executed by the driver inside.
 * Remedy: Unset CLAUDE_SANDBOX_NO_SECCOMP; a kernel without CONFIG_SECCOMP_FILTER can't hold this
 *   sandbox.
 * See: seccomp(2), PR_GET_SECCOMP(2const)
 */
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

PROBE("sys-filter", "a system call filter is in force after an exec")
{
	static char buf[8192];
	long r = probe_sys(SYS_prctl, (long)PR_GET_SECCOMP, 0L, 0L, 0L, 0L);
	const char *line;

	if (r < 0)
		return probe_denied((int)-r, "prctl PR_GET_SECCOMP", "the question itself was refused");
	if (r == 0)
		return probe_allowed("prctl PR_GET_SECCOMP", "mode 0: no filter");
	if (probe_read_file("/proc/self/status", buf, sizeof(buf)) <= 0)
		return probe_denied(0, "prctl PR_GET_SECCOMP", "mode %ld, number of filters unknown", r);
	line = strstr(buf, "\nSeccomp_filters:");
	return probe_denied(0, "prctl PR_GET_SECCOMP", "mode %ld, %d filters", r,
			    line != NULL ? atoi(line + 17) : 0);
}
