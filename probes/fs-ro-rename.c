/* SPDX-License-Identifier: MIT */
/*
 * FS-02: a file of our own is made, renamed and removed; where it can't be made,
 * the file that is there is renamed and put back.
 *
 * Remedy: bind it read-only (MS_RDONLY is asked before the owner is).
 * See: rename(2) EROFS
 */
#include "look.h"

PROBE("fs-ro-rename", "a file in a read-only bind cannot be renamed")
{
	char from[LOOK_PATH], to[LOOK_PATH];
	long r, fd;

	LOOK_NEED(dir, "CANARY_RO_DIR");
	LOOK_NEED(file, "CANARY_RO");
	fd = probe_sys(SYS_openat, (long)AT_FDCWD, look_fresh(from, dir),
		       (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), 0600L);
	look_close((int)fd);
	look_fresh(to, dir);
	r = look_rename(fd < 0 ? file : from, to, RENAME_NOREPLACE);
	if (r == 0 && fd < 0)
		look_rename(to, file, RENAME_NOREPLACE);
	if (fd >= 0)
		probe_sys(SYS_unlinkat, (long)AT_FDCWD, r == 0 ? to : from, 0L);
	return r == 0 ? probe_allowed("renameat2", "%s",
				      fd < 0 ? "renamed and put back" : "made, renamed and removed")
		      : probe_denied((int)-r, "renameat2", "%s", probe_errno_name((int)-r));
}
