/* SPDX-License-Identifier: MIT */
/*
 * unshare of a user namespace in a child, a map of one id, and the capabilities read back. Full
 * capabilities over the kernel surface below it are the first step of most exploits.
 * Remedy: Nested user namespaces are off in this sandbox by `--disable-userns` (bubblewrap 0.8 or
 *   newer) and by the filter: update bubblewrap, unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: user_namespaces(7), CVE-2022-0185, CVE-2024-1086
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The effective capabilities of this process, low half; 0 when it has none. */
static unsigned caps_now(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	return probe_sys(SYS_capget, &h, d) < 0 ? 0 : d[0].effective;
}

PROBE("ns-nested-user", "no nested user namespace with capabilities in it")
{
	char map[64];
	long uid = (long)getuid(), r, fd;
	unsigned caps;
	int n;

	r = probe_sys(SYS_unshare, (long)CLONE_NEWUSER);
	if (r == -EINVAL)
		return probe_unknown(EINVAL, "unshare",
				     "no user namespaces in this kernel, or a thread too many");
	if (r < 0)
		return probe_denied((int)-r, "unshare CLONE_NEWUSER", "refused");
	caps = caps_now();
	fd = probe_sys(SYS_openat, -1L, "/proc/self/uid_map", (long)O_WRONLY, 0L);
	n = snprintf(map, sizeof(map), "0 %ld 1\n", uid);
	r = fd < 0 ? fd : probe_sys(SYS_write, fd, map, (long)n);
	if (caps == 0)
		return probe_unknown(0, "capget", "a user namespace without capabilities");
	return probe_allowed("unshare CLONE_NEWUSER", "capabilities 0x%x in it, map of uid 0 %s", caps,
			     r == n ? "written" : "refused");
}
