/* SPDX-License-Identifier: MIT */
/*
 * FS-02: a remount makes one mount read-only, and none that lies below it: a disk that is mounted
 * inside a directory which was asked for read-only must be so, too.
 *
 * Remedy: bind it read-only with what is mounted below (mount_setattr AT_RECURSIVE; `--ro-bind` of
 *         bubblewrap does).
 * See: mount(8) on bind,ro; mount_setattr(2)
 */
#include "look.h"

PROBE("fs-ro-submount", "what is mounted below a read-only bind cannot be written")
{
	long r;
	int fd;

	LOOK_NEED(file, "CANARY_RO_SUB");
	fd = look_open(file, O_RDWR);
	if (fd < 0)
		return probe_denied(-fd, "openat O_RDWR", "%s", probe_errno_name(-fd));
	r = look_rewrite(fd);
	look_close(fd);
	return r == 0 ? probe_allowed("pwrite64", "a byte was written (the same as before)")
		      : probe_denied((int)-r, "pwrite64", "%s", probe_errno_name((int)-r));
}
