/* SPDX-License-Identifier: MIT */
/*
 * By a mode that lies behind a pointer, where no filter sees it. Judged by the mode of the file;
 * removed again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: openat2(2)
 */
#include "setuidfile.h"

PROBE("sys-setuid-openat2", "no setuid file by openat2(2) in the project")
{
	static const unsigned long how[3] = { O_RDWR | O_CREAT | O_EXCL, 04755, 0 };
	SETUIDFILE("sys-setuid-openat2");

	r = probe_sys(SYS_openat2, (long)AT_FDCWD, path, how, (long)sizeof(how));
	return setuidfile_judge(path, r, "openat2");
}
