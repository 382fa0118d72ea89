/* SPDX-License-Identifier: MIT */
/*
 * By the mode of a new file. Judged by the mode of the file; removed again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: open(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-open", "no setuid file by openat(2) in the project")
{
	SETUIDFILE("sys-setuid-open");

	r = probe_sys(SYS_openat, -1L, path, (long)(O_RDWR | O_CREAT | O_EXCL), 04755L);
	return setuidfile_judge(path, r, "open");
}
