/* SPDX-License-Identifier: MIT */
/*
 * By the call of Linux 6.6 (number 452), which older lists do not know. Judged by the mode of the
 * file; removed again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: fchmodat(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-fchmodat2", "no setuid file by fchmodat2(2) in the project")
{
	SETUIDFILE_MADE("sys-setuid-fchmodat2");

	r = probe_sys(452L, (long)AT_FDCWD, path, 04755L, 0L);
	look_close((int)fd);
	return setuidfile_judge(path, r, "fchmodat2");
}
