/* SPDX-License-Identifier: MIT */
/*
 * core_pattern, modprobe and the like. Nothing is written: an open for writing, and where only
 * the mode refuses it, a chmod to the mode the file has already, which a read-only mount refuses
 * first. Kernel uid 0 would get past the mode, so the mount must stand before it.
 * Remedy: `/proc/sys` and its kin must be bound read-only or masked: look at the plan with
 *   --dry-run.
 * See: core(5), CVE-2022-0811
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

PROBE("kern-core-pattern",
      "the files that name programs the kernel starts as root can't be reached for writing")
{
	static const char *const paths[] = {
		"/proc/sys/kernel/core_pattern",
		"/proc/sys/kernel/modprobe",
		"/proc/sys/kernel/hotplug",
		"/proc/sys/kernel/poweroff_cmd",
		"/proc/sys/kernel/usermodehelper/bset",
		"/proc/sys/kernel/usermodehelper/inheritable",
		"/sys/kernel/uevent_helper",
		"/proc/sys/fs/binfmt_misc/register",
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
