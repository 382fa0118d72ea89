/* SPDX-License-Identifier: MIT */
/*
 * By the mode of a new file, with the oldest call for it. Judged by the mode of the file; removed
 * again.
 * Remedy: The filter refuses modes with setuid or setgid bits (a file of the project stays on the
 *   host, where no nosuid mount protects): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: open(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

PROBE("sys-setuid-open-path", "no setuid file by open(2) in the project")
{
#ifdef __x86_64__
	const char *project = probe_input("CANARY_PROJECT");
	struct stat st;
	char path[4096];
	long r;

	if (project == NULL)
		return probe_na("needs CANARY_PROJECT");
	snprintf(path, sizeof(path), "%s/.cs-probe-sys-setuid-open-path-%d-%ld", project, getpid(),
		 (long)time(NULL));
	r = probe_sys(SYS_open, path, (long)(O_RDWR | O_CREAT | O_EXCL), 04755L);
	if (stat(path, &st) < 0)
		st.st_mode = 0;
	unlink(path);
	if ((st.st_mode & (S_ISUID | S_ISGID)) != 0)
		return probe_allowed("open", "mode %04o in the project", (unsigned)st.st_mode & 07777U);
	if (r == -ENOSYS && probe_input("CANARY_ARM") != NULL &&
	    strcmp(probe_input("CANARY_ARM"), "open") == 0)
		return probe_na("this kernel has no such call");
	return probe_denied(r < 0 ? (int)-r : 0, "open", r < 0 ? "refused" : "no setuid bit on the file");
#else
	return probe_na("no such call on this architecture");
#endif
}
