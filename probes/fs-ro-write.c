/* SPDX-License-Identifier: MIT */
/*
 * FS-02: open for writing and truncate to its own length; the caller owns
 * the file, so only the mount refuses.
 *
 * Remedy: bind it read-only (MS_RDONLY is asked before the owner is).
 * See: mount(8); open(2) EROFS
 */
#include "look.h"

#include <sys/stat.h>

PROBE("fs-ro-write", "a file of one's own in a read-only bind cannot be written")
{
	struct stat st;
	long r, t;
	int fd;

	LOOK_NEED(file, "CANARY_RO");
	if (stat(file, &st) < 0)
		return probe_denied(errno, "stat", "%s", probe_errno_name(errno));
	fd = look_open(file, O_RDWR);
	r = fd < 0 ? fd : look_rewrite(fd);
	look_close(fd);
	t = probe_sys(SYS_truncate, file, (long)st.st_size);
	if (r == 0)
		return probe_allowed("pwrite64", "a byte was written (the same as before)");
	if (t == 0)
		return probe_allowed("truncate", "truncated to its own length");
	return probe_denied((int)-r, look_modes("openat O_RDWR", -r, file, R_OK | W_OK), "%s, truncate: %s",
			    probe_errno_name((int)-r), probe_errno_name((int)-t));
}
