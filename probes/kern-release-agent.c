/* SPDX-License-Identifier: MIT */
/*
 * The program named there is run as root on the host when a cgroup empties. Never written.
 * Remedy: `/sys/fs/cgroup` must not be in the sandbox but for the own directory, read-only: look
 *   at the plan with --dry-run.
 * See: CVE-2022-0492, cgroups(7)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

/*
 * 0 when the file could be written but for its mode, else a positive errno.
 * Asking for the mode that the file has already changes nothing: a read-only
 * mount says EROFS, the kernel's own file system, reached, says EPERM.
 */
static int reach(const char *path)
{
	struct statfs fs;
	struct stat st;
	long fd, r;

	if (stat(path, &st) < 0 || statfs(path, &fs) < 0)
		return errno;
	if (!S_ISREG(st.st_mode) || (fs.f_type != PROC_SUPER_MAGIC && fs.f_type != SYSFS_MAGIC &&
				     fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != BINFMTFS_MAGIC))
		return ENOENT; /* masked: something else lies over it */
	fd = probe_sys(SYS_openat, -1L, path, (long)(O_WRONLY | O_CLOEXEC | O_NONBLOCK), 0L);
	if (fd >= 0) {
		probe_sys(SYS_close, fd);
		return 0;
	}
	if (fd != -EACCES)
		return (int)-fd;
	r = probe_sys(SYS_fchmodat, (long)AT_FDCWD, path, (long)(st.st_mode & 07777));
	return r == 0 || r == -EPERM ? 0 : (int)-r;
}

PROBE("kern-release-agent", "no release_agent of a cgroup can be reached for writing")
{
	const char *arm = probe_input("CANARY_ARM");
	glob_t g = { 0 };
	int err = ENOENT;

	if (glob("/sys/fs/cgroup/*/release_agent", GLOB_NOSORT, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++) {
			int e = reach(g.gl_pathv[i]);

			if (e == 0)
				return probe_allowed(
				    "fchmodat",
				    "%s can be reached for writing, only its mode stands before it",
				    g.gl_pathv[i]);
			err = e;
		}
	if (g.gl_pathc == 0 && arm != NULL && strcmp(arm, "open") == 0)
		return probe_na("no cgroup v1 here");
	return probe_denied(err, "open", "no such file can be reached for writing");
}
