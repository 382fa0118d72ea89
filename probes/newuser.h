/* SPDX-License-Identifier: MIT */
/* A child in a new user namespace, which the capabilities that it has prove. */
#ifndef NEWUSER_H
#define NEWUSER_H

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
static inline unsigned newuser_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	return probe_sys(SYS_capget, &h, d) < 0 ? 0 : d[0].effective;
}

/* Makes the child by the call with two arguments; clone(2)'s other three are 0. */
static inline struct probe_result newuser_child(long nr, long arg0, long arg1, const char *step)
{
	unsigned caps = 0;
	int p[2], status;
	long pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return probe_unknown(errno, "pipe2", "no pipe");
	pid = probe_sys(nr, arg0, arg1, 0L, 0L, 0L);
	if (pid == 0) {
		caps = newuser_caps();
		probe_sys(SYS_write, (long)p[1], &caps, (long)sizeof(caps));
		probe_sys(SYS_exit_group, 0L);
	}
	close(p[1]);
	if (pid < 0)
		return probe_denied((int)-pid, step, "refused");
	if (read(p[0], &caps, sizeof(caps)) != (ssize_t)sizeof(caps))
		caps = 0;
	waitpid((pid_t)pid, &status, 0);
	if (caps == 0)
		return probe_unknown(0, "capget", "a child, but without capabilities");
	return probe_allowed(step, "a child with capabilities 0x%x", caps);
}

#endif
