/* SPDX-License-Identifier: MIT */
/*
 * Asks the kernel for the mode of the own process, which was executed by the driver inside. Where the caller of
 * the sandbox is under a filter already, as in a container, there must be more of them than the caller has.
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
	long outer = probe_input_long("CANARY_FILTERS"), n;
	const char *line;

	if (r < 0)
		return probe_denied((int)-r, "prctl PR_GET_SECCOMP", "the question itself was refused");
	if (r == 0)
		return probe_allowed("prctl PR_GET_SECCOMP", "mode 0: no filter");
	line = probe_read_file("/proc/self/status", buf, sizeof(buf)) > 0 ? strstr(buf, "\nSeccomp_filters:")
									  : NULL;
	n = line != NULL ? atol(line + 17) : -1;
	if (n >= 0 && outer > 0 && n <= outer)
		return probe_allowed("prctl PR_GET_SECCOMP",
				     "mode %ld, %ld filters, and %ld around the sandbox", r, n, outer);
	return probe_denied(0, "prctl PR_GET_SECCOMP", "mode %ld, %ld filters, %ld around the sandbox", r, n,
			    outer > 0 ? outer : 0);
}
