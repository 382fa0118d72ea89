/* SPDX-License-Identifier: MIT */
/*
 * pidfd_getfd of the first 64 descriptors of PID 1, and their names in /proc/1/fd.
 * Remedy: PID 1 must be the sandbox's own init, not dumpable and under the same filter: a plan
 *   without --as-pid-1 leaves bubblewrap there.
 * See: pidfd_getfd(2), proc_pid_fd(5)
 */
#include "pid1.h"

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
	pid1_done(pid);
	if (got >= 0)
		return probe_allowed(r >= 0 ? "pidfd_getfd" : "readlink /proc/PID/fd", "descriptor %ld", got);
	return probe_denied(err, "pidfd_getfd", "no descriptor, no name of one");
}
