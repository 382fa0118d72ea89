/* SPDX-License-Identifier: MIT */
/*
 * The plain way, and the legacy number of it. Judged by the mode of the file; removed again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: inode(7), chmod(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-chmod", "no setuid file by chmod(2) in the project")
{
#ifdef __x86_64__
	SETUIDFILE_MADE("sys-setuid-chmod");

	r = probe_sys(SYS_chmod, path, 04755L);
	look_close((int)fd);
	return setuidfile_judge(path, r, "chmod");
#else
	return probe_na("no such call on this architecture");
#endif
}
