/* SPDX-License-Identifier: MIT */
/*
 * By directory and name, with garbage above the 32nd bit of the mode in a second try. Judged by
 * the mode of the file; removed again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: inode(7), chmod(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-fchmodat", "no setuid file by fchmodat(2) in the project")
{
	SETUIDFILE_MADE("sys-setuid-fchmodat");

	r = probe_sys(SYS_fchmodat, (long)AT_FDCWD, path, 04755L);
	if (r < 0)
		r = probe_sys(SYS_fchmodat, (long)AT_FDCWD, path, (long)(04755UL | 1UL << 32));
	look_close((int)fd);
	return setuidfile_judge(path, r, "fchmodat");
}
