/* SPDX-License-Identifier: MIT */
/* Files of the kernel that a box must not reach for writing. None of them is ever written. */
#ifndef KERNFILE_H
#define KERNFILE_H

#include "look.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

/*
 * 0 when the file could be written but for its mode, else a positive errno.
 * Asking for the mode that the file has already changes nothing: a read-only
 * mount says EROFS, the kernel's own file system, reached, says EPERM.
 */
static inline int kernfile_reach(const char *path)
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

/* Tries each of the n paths; `none` says why there is nothing to try where none is there. */
static inline struct probe_result kernfile_try(const char *const *paths, size_t n, const char *none)
{
	size_t there = 0;
	int err = ENOENT;

	for (size_t i = 0; i < n; i++) {
		int e = kernfile_reach(paths[i]);

		if (e == 0)
			return probe_allowed("fchmodat",
					     "%s can be reached for writing, only its mode stands before it",
					     paths[i]);
		if (e != ENOENT) {
			err = e;
			there++;
		}
	}
	if (there == 0 && look_open_arm())
		return probe_na("%s", none);
	return probe_denied(err, "open", "no file can be reached for writing");
}

#endif
