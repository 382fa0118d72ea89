/* SPDX-License-Identifier: MIT */
/*
 * By the mode of a new file, with the oldest call for it. Judged by the mode of the file; removed
 * again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: open(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-open-path", "no setuid file by open(2) in the project")
{
#ifdef __x86_64__
	SETUIDFILE("sys-setuid-open-path");

	r = probe_sys(SYS_open, path, (long)(O_RDWR | O_CREAT | O_EXCL), 04755L);
	return setuidfile_judge(path, r, "open");
#else
	return probe_na("no such call on this architecture");
#endif
}
