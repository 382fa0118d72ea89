/* SPDX-License-Identifier: MIT */
/*
 * By descriptor. Judged by the mode of the file; removed again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: inode(7), chmod(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-fchmod", "no setuid file by fchmod(2) in the project")
{
	SETUIDFILE_MADE("sys-setuid-fchmod");

	r = probe_sys(SYS_fchmod, fd, 06755L);
	look_close((int)fd);
	return setuidfile_judge(path, r, "fchmod");
}
