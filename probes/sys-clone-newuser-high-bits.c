/* SPDX-License-Identifier: MIT */
/*
 * The kernel ignores the upper half of the flags, a filter that compares 64 bits does not.
 * Remedy: Nested user namespaces are off in this sandbox by `--disable-userns` (bubblewrap 0.8 or
 *   newer) and by the filter: update bubblewrap, unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: clone(2), CVE-2019-10063 for the pattern
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The effective capabilities of this process, low half; 0 when it has none. */
static unsigned caps_now(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	return probe_sys(SYS_capget, &h, d) < 0 ? 0 : d[0].effective;
}

PROBE("sys-clone-newuser-high-bits", "clone(2) with garbage above the 32nd bit makes no user namespace")
{
	unsigned caps = 0;
	int p[2], status;
	long pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return probe_unknown(errno, "pipe2", "no pipe");
	pid = probe_sys(SYS_clone, (long)(CLONE_NEWUSER | SIGCHLD | 1UL << 40), 0L, 0L, 0L, 0L);
	if (pid == 0) {
		caps = caps_now();
		probe_sys(SYS_write, (long)p[1], &caps, (long)sizeof(caps));
		probe_sys(SYS_exit_group, 0L);
	}
	close(p[1]);
	if (pid < 0)
		return probe_denied((int)-pid, "clone | 1<<40", "refused");
	if (read(p[0], &caps, sizeof(caps)) != (ssize_t)sizeof(caps))
		caps = 0;
	waitpid((pid_t)pid, &status, 0);
	if (caps == 0)
		return probe_unknown(0, "capget", "a child, but without capabilities");
	return probe_allowed("clone | 1<<40", "a child with capabilities 0x%x", caps);
}
