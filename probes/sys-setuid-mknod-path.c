/* SPDX-License-Identifier: MIT */
/*
 * By the mode of a new file, with the oldest call for it. Judged by the mode of the file; removed
 * again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: mknod(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-mknod-path", "no setuid file by mknod(2) in the project")
{
#ifdef __x86_64__
	SETUIDFILE("sys-setuid-mknod-path");

	r = probe_sys(SYS_mknod, path, (long)(S_IFREG | 04755), 0L);
	return setuidfile_judge(path, r, "mknod");
#else
	return probe_na("no such call on this architecture");
#endif
}
