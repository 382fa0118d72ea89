/* SPDX-License-Identifier: MIT */
/*
 * By the mode of a file without a name, which is then given one. Judged by the mode of the file;
 * removed again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: open(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-tmpfile", "no setuid file by O_TMPFILE in the project")
{
	SETUIDFILE("sys-setuid-tmpfile");

	r = probe_sys(SYS_openat, -1L, project, (long)(O_RDWR | O_TMPFILE), 04755L);
	if (r >= 0) {
		char fdpath[64];

		snprintf(fdpath, sizeof(fdpath), "/proc/self/fd/%ld", r);
		r = probe_sys(SYS_linkat, (long)AT_FDCWD, fdpath, (long)AT_FDCWD, path,
			      (long)AT_SYMLINK_FOLLOW);
	}
	return setuidfile_judge(path, r, "tmpfile");
}
