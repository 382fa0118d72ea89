/* SPDX-License-Identifier: MIT */
/*
 * By the mode of a new regular file. Judged by the mode of the file; removed again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: mknod(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-mknod", "no setuid file by mknodat(2) in the project")
{
	SETUIDFILE("sys-setuid-mknod");

	r = probe_sys(SYS_mknodat, (long)AT_FDCWD, path, (long)(S_IFREG | 04755), 0L);
	return setuidfile_judge(path, r, "mknod");
}
