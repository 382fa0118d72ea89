/* SPDX-License-Identifier: MIT */
/*
 * FS-16: flock(LOCK_EX) needs no right to write: who can open a lock file
 * for reading holds up the host's programs. A file of a directory
 * that is not bound, locked and let go.
 *
 * Remedy: show no state of the host; a read-only bind does not help.
 * See: flock(2)
 */
#include "look.h"

#include <sys/file.h>

PROBE("fs-lock-host", "a lock file of the host cannot be locked")
{
	char path[LOOK_PATH];
	long r;
	int fd;

	LOOK_NEED(outside, "CANARY_OUTSIDE");
	fd = look_open(look_join(path, outside, "file"), O_RDONLY);
	if (fd < 0)
		return probe_denied(-fd, look_modes("openat", -fd, path, R_OK), "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_flock, (long)fd, (long)(LOCK_EX | LOCK_NB));
	look_close(fd);
	return r == 0 || r == -EAGAIN
		   ? probe_allowed("flock", "%s", r == 0 ? "locked and let go" : "it could be locked")
		   : probe_denied((int)-r, "flock", "%s", probe_errno_name((int)-r));
}
