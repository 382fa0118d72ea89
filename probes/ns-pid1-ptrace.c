/* SPDX-License-Identifier: MIT */
/*
 * PTRACE_ATTACH to PID 1, which runs with what the sandbox was built with; detached again.
 * Remedy: PID 1 must be the sandbox's own init, not dumpable and under the same filter: a plan
 *   without --as-pid-1 leaves bubblewrap there.
 * See: ptrace(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * PID 1 of the sandbox. In the control box, which shares the host's pid
 * namespace, PID 1 is root's: a child that is no better protected than any
 * ordinary process stands for it.
 */
static long pid1_target(void)
{
	const char *arm = probe_input("CANARY_ARM");
	pid_t pid;

	if (arm == NULL || strcmp(arm, "open") != 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

PROBE("ns-pid1-ptrace", "PID 1 of the sandbox can't be traced")
{
	long pid = pid1_target(), r;
	int status;

	r = pid < 0 ? -EAGAIN : probe_sys(SYS_ptrace, (long)PTRACE_ATTACH, pid, 0L, 0L);
	if (r == 0) {
		waitpid((pid_t)pid, &status, __WALL);
		probe_sys(SYS_ptrace, (long)PTRACE_DETACH, pid, 0L, 0L);
	}
	if (pid > 1)
		kill((pid_t)pid, SIGKILL);
	if (r == 0)
		return probe_allowed("ptrace ATTACH", "attached to process %ld", pid);
	return probe_denied((int)-r, "ptrace ATTACH", "refused");
}
