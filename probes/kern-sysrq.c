/* SPDX-License-Identifier: MIT */
/*
 * Never written: a letter into sysrq-trigger reboots or crashes the host.
 * Remedy: `/proc/sys` and its kin must be bound read-only or masked: look at the plan with
 *   --dry-run.
 * See: Linux Documentation/admin-guide/sysrq.rst
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
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

PROBE("kern-sysrq", "sysrq and power state can't be reached for writing")
{
	static const char *const paths[] = {
		"/proc/sysrq-trigger",
		"/proc/sys/kernel/sysrq",
		"/sys/power/state",
		"/sys/power/disk",
	};
	const char *arm = probe_input("CANARY_ARM");
	int err = 0, n = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int e = reach(paths[i]);

		if (e == 0)
			return probe_allowed("fchmodat",
					     "%s can be reached for writing, only its mode stands before it",
					     paths[i]);
		if (e != ENOENT || err == 0)
			err = e;
		n += e != ENOENT;
	}
	if (n == 0 && arm != NULL && strcmp(arm, "open") == 0)
		return probe_na("this kernel has none of the files");
	return probe_denied(err, "open", "no file can be reached for writing");
}
