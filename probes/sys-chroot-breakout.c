/* SPDX-License-Identifier: MIT */
/*
 * chroot into a directory of its own, then out again by a descriptor of the old root; where that
 * works, a chroot is no wall and neither is one below it. The root that is reached is compared by
 * device and inode.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: chroot(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

PROBE("sys-chroot-breakout", "the chroot trick works for nobody inside")
{
	char dir[] = "/tmp/.cs-probe-chroot-XXXXXX";
	struct stat before, after;
	long r, fd;

	fd = probe_sys(SYS_openat, -1L, "/", (long)(O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0L);
	if (fd < 0 || fstat((int)fd, &before) < 0 || mkdtemp(dir) == NULL)
		return probe_unknown(errno, "mkdtemp", "no directory of its own");
	r = probe_sys(SYS_chroot, dir);
	probe_sys(SYS_unlinkat, fd, dir + 1, (long)AT_REMOVEDIR);
	if (r < 0)
		return probe_denied((int)-r, "chroot", "refused");
	probe_sys(SYS_fchdir, fd);
	for (int i = 0; i < 64; i++)
		probe_sys(SYS_chdir, "..");
	r = probe_sys(SYS_chroot, ".");
	if (r < 0 || stat("/", &after) < 0)
		return probe_denied((int)-r, "chroot .", "in, but not out again");
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		return probe_allowed("chroot", "another root than at the start");
	return probe_allowed("chroot", "in and out again");
}
