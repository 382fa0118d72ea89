/* SPDX-License-Identifier: MIT */
/*
 * FS-02: fsetxattr of a user attribute, removed again.
 *
 * Remedy: bind it read-only (MS_RDONLY is asked before the owner is).
 * See: xattr(7)
 */
#include "look.h"

PROBE("fs-ro-xattr", "no attribute can be put on a file in a read-only bind")
{
	long r;
	int fd;

	LOOK_NEED(file, "CANARY_RO");
	fd = look_open(file, O_RDONLY);
	if (fd < 0)
		return probe_denied(-fd, "openat", "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_fsetxattr, (long)fd, "user.cs-probe", "x", 1L, 0L);
	if (r == 0)
		probe_sys(SYS_fremovexattr, (long)fd, "user.cs-probe");
	look_close(fd);
	if (r == -EOPNOTSUPP)
		return probe_na("this file system has no user attributes");
	return r == 0 ? probe_allowed("fsetxattr", "set and removed")
		      : probe_denied((int)-r, "fsetxattr", "%s", probe_errno_name((int)-r));
}
