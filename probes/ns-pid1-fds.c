/* SPDX-License-Identifier: MIT */
/*
 * pidfd_getfd of the first 64 descriptors of PID 1, and their names in /proc/1/fd.
 * Remedy: PID 1 must be the sandbox's own init, not dumpable and under the same filter: a plan
 *   without --as-pid-1 leaves bubblewrap there.
 * See: pidfd_getfd(2), proc_pid_fd(5)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

PROBE("ns-pid1-fds", "no descriptor of PID 1 can be had")
{
	long pid = pid1_target(), pidfd, r = -ESRCH, got = -1;
	char path[64], link[64];
	int err = 0;

	pidfd = probe_sys(SYS_pidfd_open, pid, 0L);
	for (long i = 0; got < 0 && i < 64; i++) {
		r = pidfd < 0 ? pidfd : probe_sys(SYS_pidfd_getfd, pidfd, i, 0L);
		if (r >= 0)
			got = i;
		else if (r != -EBADF)
			err = (int)-r;
		snprintf(path, sizeof(path), "/proc/%ld/fd/%ld", pid, i);
		if (got < 0 && probe_sys(SYS_readlinkat, -1L, path, link, (long)sizeof(link)) > 0)
			got = i;
	}
	if (pid > 1)
		kill((pid_t)pid, SIGKILL);
	if (got >= 0)
		return probe_allowed(r >= 0 ? "pidfd_getfd" : "readlink /proc/PID/fd", "descriptor %ld", got);
	return probe_denied(err, "pidfd_getfd", "no descriptor, no name of one");
}
