/* SPDX-License-Identifier: MIT */
/*
 * FS-02: a directory, a link and a file of our own, removed again.
 *
 * Remedy: bind it read-only (MS_RDONLY is asked before the owner is).
 * See: mkdir(2) EROFS
 */
#include "look.h"

PROBE("fs-ro-create", "no name can be made or removed in a read-only bind")
{
	char path[LOOK_PATH];
	long r, s;

	LOOK_NEED(dir, "CANARY_RO_DIR");
	look_fresh(path, dir);
	r = probe_sys(SYS_mkdirat, (long)AT_FDCWD, path, 0700L);
	if (r == 0) {
		probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, (long)AT_REMOVEDIR);
		return probe_allowed("mkdirat", "made and removed");
	}
	s = probe_sys(SYS_symlinkat, "/nonexistent", (long)AT_FDCWD, path);
	if (s == 0) {
		probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
		return probe_allowed("symlinkat", "made and removed");
	}
	return probe_denied((int)-r, look_modes("mkdirat", -r, dir, W_OK | X_OK), "%s, symlinkat: %s",
			    probe_errno_name((int)-r), probe_errno_name((int)-s));
}
