/* SPDX-License-Identifier: MIT */
/*
 * FS-02: fchmod to the mode that it has, through a descriptor that was
 * opened for reading.
 *
 * Remedy: bind it read-only (MS_RDONLY is asked before the owner is).
 * See: chmod(2) EROFS
 */
#include "look.h"

#include <sys/stat.h>

PROBE("fs-ro-chmod", "the mode of a file in a read-only bind cannot be changed")
{
	struct stat st;
	long r;
	int fd;

	LOOK_NEED(file, "CANARY_RO");
	fd = look_open(file, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return probe_denied(-fd, "openat", "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_fchmod, (long)fd, (long)(st.st_mode & 0777));
	look_close(fd);
	return r == 0 ? probe_allowed("fchmod", "set to %o, as it was", st.st_mode & 0777)
		      : probe_denied((int)-r, "fchmod", "%s", probe_errno_name((int)-r));
}
