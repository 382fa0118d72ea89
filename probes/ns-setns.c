/* SPDX-License-Identifier: MIT */
/*
 * setns into the namespaces of PID 1, of its pidfd, and once more into the own mount namespace,
 * which the kernel asks the same capability for.
 * Remedy: Look for capabilities in the report (cap-sets); the built-in filter refuses setns:
 *   unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: setns(2), namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>

PROBE("ns-setns", "no namespace can be entered")
{
	static const char *const paths[] = {
		"/proc/1/ns/mnt",  "/proc/1/ns/net", "/proc/1/ns/pid",
		"/proc/1/ns/user", "/proc/1/ns/uts", "/proc/self/ns/mnt",
	};
	long fd = probe_sys(SYS_pidfd_open, 1L, 0L), r;
	int err = 0;

	if (fd >= 0) {
		r = probe_sys(SYS_setns, fd, (long)(CLONE_NEWNS | CLONE_NEWUTS));
		if (r >= 0)
			return probe_allowed("setns pidfd 1", "the namespaces of PID 1 were entered");
		err = (int)-r;
	}
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		fd = probe_sys(SYS_openat, -1L, paths[i], (long)(O_RDONLY | O_CLOEXEC), 0L);
		if (fd < 0)
			continue;
		r = probe_sys(SYS_setns, fd, 0L);
		if (r >= 0)
			return probe_allowed("setns", "%s was entered", paths[i]);
		err = (int)-r;
		probe_sys(SYS_close, fd);
	}
	if (err == 0)
		return probe_unknown(0, "setns", "no namespace file could be opened");
	return probe_denied(err, "setns", "refused for every namespace in sight");
}
