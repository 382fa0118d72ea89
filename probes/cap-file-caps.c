/* SPDX-License-Identifier: MIT */
/*
 * security.capability on a new file of the project, read back and removed: a program left there
 * would run with them in a namespace of the same root.
 * Remedy: Bubblewrap must drop every capability (--cap-drop ALL), and nothing may give one back:
 *   look at the plan with --dry-run.
 * See: capabilities(7) on file capabilities, setxattr(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

PROBE("cap-file-caps", "no file capability can be put on a project file")
{
	static const unsigned caps[5] = { 0x02000001, 0xffffffff, 0, 0, 0 };
	const char *project = probe_input("CANARY_PROJECT");
	char path[4096], buf[64];
	long fd, r, got;

	if (project == NULL)
		return probe_na("needs CANARY_PROJECT");
	snprintf(path, sizeof(path), "%s/.cs-probe-cap-%d-%ld", project, getpid(), (long)time(NULL));
	fd = probe_sys(SYS_openat, -1L, path, (long)(O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC), 0700L);
	if (fd < 0)
		return probe_unknown((int)-fd, "openat", "no file in the project");
	r = probe_sys(SYS_fsetxattr, fd, "security.capability", caps, (long)sizeof(caps), 0L);
	got = probe_sys(SYS_fgetxattr, fd, "security.capability", buf, (long)sizeof(buf));
	probe_sys(SYS_close, fd);
	unlink(path);
	if (r == 0 && got >= (long)sizeof(caps))
		return probe_allowed("fsetxattr security.capability", "set and read back, %ld bytes", got);
	return probe_denied(r < 0 ? (int)-r : 0, "fsetxattr security.capability", "not set");
}
