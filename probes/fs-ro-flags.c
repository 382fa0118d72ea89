/* SPDX-License-Identifier: MIT */
/*
 * FS-02: FS_IOC_SETFLAGS with the flags that it has; append-only or
 * immutable would stop the host's own programs.
 *
 * Remedy: bind it read-only (MS_RDONLY is asked before the owner is).
 * See: ioctl_iflags(2)
 */
#include "look.h"

#include <sys/ioctl.h>

/* <linux/fs.h> and <sys/mount.h> do not go together with every libc. */
#define GET_FLAGS _IOR('f', 1, long)
#define SET_FLAGS _IOW('f', 2, long)

PROBE("fs-ro-flags", "the inode flags of a file in a read-only bind cannot be set")
{
	long r, flags = 0;
	int fd;

	LOOK_NEED(file, "CANARY_RO");
	fd = look_open(file, O_RDONLY);
	if (fd < 0)
		return probe_denied(-fd, "openat", "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_ioctl, (long)fd, (long)GET_FLAGS, &flags);
	if (r < 0) {
		look_close(fd);
		return probe_na("this file system has no inode flags");
	}
	r = probe_sys(SYS_ioctl, (long)fd, (long)SET_FLAGS, &flags);
	look_close(fd);
	return r == 0 ? probe_allowed("ioctl FS_IOC_SETFLAGS", "set to what they were")
		      : probe_denied((int)-r, "ioctl FS_IOC_SETFLAGS", "%s", probe_errno_name((int)-r));
}
