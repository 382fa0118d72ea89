/* SPDX-License-Identifier: MIT */
/*
 * By the mode of a new file, with the oldest call for it. Judged by the mode of the file; removed
 * again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: creat(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-creat", "no setuid file by creat(2) in the project")
{
#ifdef __x86_64__
	SETUIDFILE("sys-setuid-creat");

	r = probe_sys(SYS_creat, path, 04755L);
	return setuidfile_judge(path, r, "creat");
#else
	return probe_na("no such call on this architecture");
#endif
}
