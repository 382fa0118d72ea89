/* SPDX-License-Identifier: MIT */
/*
 * PTRACE_ATTACH to PID 1, which runs with what the sandbox was built with; detached again.
 * Remedy: PID 1 must be the sandbox's own init, not dumpable and under the same filter: a plan
 *   without --as-pid-1 leaves bubblewrap there.
 * See: ptrace(2)
 */
#include "pid1.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

PROBE("ns-pid1-ptrace", "PID 1 of the sandbox can't be traced")
{
	long pid = pid1_target(), r;
	int status;

	r = pid < 0 ? -EAGAIN : probe_sys(SYS_ptrace, (long)PTRACE_ATTACH, pid, 0L, 0L);
	if (r == 0) {
		waitpid((pid_t)pid, &status, __WALL);
		probe_sys(SYS_ptrace, (long)PTRACE_DETACH, pid, 0L, 0L);
	}
	pid1_done(pid);
	if (r == 0)
		return probe_allowed("ptrace ATTACH", "attached to process %ld", pid);
	return probe_denied((int)-r, "ptrace ATTACH", "refused");
}
