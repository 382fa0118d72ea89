/* SPDX-License-Identifier: MIT */
/*
 * The whole act, in a child and in a mount namespace of its own where one can be had: a tmpfs
 * over a new directory in /tmp, a file written and read back; unmounted and removed again.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: mount(2), mount_namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

PROBE("sys-mount-tmpfs", "mount(2) makes no file system")
{
	char dir[] = "/tmp/.cs-probe-mount-XXXXXX", file[64], buf[8] = "";
	struct probe_result seen;
	long r, fd;

	if (probe_sys(SYS_unshare, (long)CLONE_NEWNS) == 0)
		probe_sys(SYS_mount, "none", "/", 0L, (long)(MS_REC | MS_PRIVATE), 0L);
	if (mkdtemp(dir) == NULL)
		return probe_unknown(errno, "mkdtemp", "no directory in /tmp");
	r = probe_sys(SYS_mount, "none", dir, "tmpfs", 0L, 0L);
	if (r < 0) {
		seen = probe_denied((int)-r, "mount tmpfs", "refused");
	} else {
		snprintf(file, sizeof(file), "%s/probe", dir);
		fd = probe_sys(SYS_openat, -1L, file, (long)(O_RDWR | O_CREAT | O_EXCL), 0600L);
		probe_sys(SYS_write, fd, "probe", 5L);
		r = probe_sys(SYS_pread64, fd, buf, 5L, 0L);
		probe_sys(SYS_close, fd);
		probe_sys(SYS_umount2, dir, (long)MNT_DETACH);
		seen = probe_allowed("mount tmpfs", "a new file system%s",
				     r == 5 && memcmp(buf, "probe", 5) == 0 ? ", file read back" : "");
	}
	rmdir(dir);
	return seen;
}
