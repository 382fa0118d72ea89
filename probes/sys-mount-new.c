/* SPDX-License-Identifier: MIT */
/*
 * fsopen, fsconfig and fsmount make a tmpfs that is attached nowhere; a file written into it is
 * read back. It goes with its descriptor.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: fsopen(2), fsmount(2), CVE-2021-41133
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#define FSCONFIG_CREATE 6

PROBE("sys-mount-new", "the mount interface of Linux 5.2 makes no file system")
{
	long fs = probe_sys(SYS_fsopen, "tmpfs", 0L), r, mnt, fd;
	char buf[8] = "";

	if (fs < 0)
		return probe_denied((int)-fs, "fsopen", "refused");
	r = probe_sys(SYS_fsconfig, fs, (long)FSCONFIG_CREATE, 0L, 0L, 0L);
	if (r < 0)
		return probe_denied((int)-r, "fsconfig CREATE", "refused");
	mnt = probe_sys(SYS_fsmount, fs, 0L, 0L);
	if (mnt < 0)
		return probe_denied((int)-mnt, "fsmount", "refused");
	fd = probe_sys(SYS_openat, mnt, "probe", (long)(O_RDWR | O_CREAT | O_EXCL), 0600L);
	if (fd < 0)
		return probe_unknown((int)-fd, "openat", "a mount was made, but takes no file");
	probe_sys(SYS_write, fd, "probe", 5L);
	r = probe_sys(SYS_pread64, fd, buf, 5L, 0L);
	if (r != 5 || memcmp(buf, "probe", 5) != 0)
		return probe_unknown(0, "pread64", "what was written did not come back");
	return probe_allowed("fsmount", "a file was written to a new file system and read back");
}
