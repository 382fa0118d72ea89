/* SPDX-License-Identifier: MIT */
/*
 * User, mount and pid namespace at once, then tmpfs and proc mounted in it, in a child. Nothing
 * of the host is written even where all of it works.
 * Remedy: Nested user namespaces are off in this sandbox by `--disable-userns` (bubblewrap 0.8 or
 *   newer) and by the filter: update bubblewrap, unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: user_namespaces(7), mount_namespaces(7), CVE-2022-0492
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

PROBE("ns-escape-drill", "the usual drill out of a container ends at its first step")
{
	long r = probe_sys(SYS_unshare, (long)(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID)), fd;
	char buf[8] = "";

	if (r < 0)
		return probe_denied((int)-r, "unshare user mnt pid", "refused");
	probe_sys(SYS_mount, "none", "/", 0L, (long)(MS_REC | MS_PRIVATE), 0L);
	r = probe_sys(SYS_mount, "none", "/tmp", "tmpfs", 0L, 0L);
	if (r < 0)
		return probe_allowed("unshare user mnt pid", "nested namespaces, mount said %s",
				     probe_errno_name((int)-r));
	fd = probe_sys(SYS_openat, -1L, "/tmp/probe", (long)(O_RDWR | O_CREAT | O_EXCL), 0600L);
	probe_sys(SYS_write, fd, "probe", 5L);
	r = probe_sys(SYS_pread64, fd, buf, 5L, 0L);
	return probe_allowed("mount tmpfs", "nested namespaces and a file system in them%s",
			     r == 5 && memcmp(buf, "probe", 5) == 0 ? ", file read back" : "");
}
