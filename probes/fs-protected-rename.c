/* SPDX-License-Identifier: MIT */
/*
 * FS-04: RENAME_EXCHANGE with a file of the attacker, and back.
 *
 * Remedy: pin every ancestor by binding it on itself, or bind the directory
 *         read-only instead of the file.
 * See: renameat2(2);
 *      https://github.com/anthropic-experimental/sandbox-runtime
 */
#include "look.h"

PROBE("fs-protected-rename", "a protected file inside the project cannot be swapped")
{
	char evil[LOOK_PATH];
	long r, fd;

	LOOK_NEED(file, "CANARY_PROTECTED");
	LOOK_NEED(project, "CANARY_PROJECT");
	fd = probe_sys(SYS_openat, (long)AT_FDCWD, look_fresh(evil, project),
		       (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), 0600L);
	if (fd < 0)
		return probe_unknown((int)-fd, "openat", "the project takes no file");
	look_close((int)fd);
	r = look_rename(evil, file, RENAME_EXCHANGE);
	if (r == 0)
		look_rename(evil, file, RENAME_EXCHANGE);
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, evil, 0L);
	return r == 0 ? probe_allowed("renameat2 RENAME_EXCHANGE", "swapped, and swapped back")
		      : probe_denied((int)-r, "renameat2 RENAME_EXCHANGE", "%s", probe_errno_name((int)-r));
}
