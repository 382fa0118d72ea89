/* SPDX-License-Identifier: MIT */
/*
 * FS-03: linkat by name and through /proc/self/fd of a descriptor that was
 * opened for reading, then a write through the link.
 *
 * Remedy: keep read-only trees and the project in different mounts: a link
 *         across mounts is EXDEV.
 * See: link(2); proc_sys_fs(5) protected_hardlinks
 */
#include "look.h"

#include <sys/stat.h>

PROBE("fs-hardlink-out", "a read-only file cannot be linked into the project and written there")
{
	char path[LOOK_PATH], self[64];
	struct stat a, b;
	long r, s = -1;
	int fd;

	LOOK_NEED(file, "CANARY_RO");
	LOOK_NEED(project, "CANARY_PROJECT");
	if (stat(file, &a) == 0 && stat(project, &b) == 0 && a.st_dev != b.st_dev)
		return probe_na("the two lie on different file systems");
	look_fresh(path, project);
	r = probe_sys(SYS_linkat, (long)AT_FDCWD, file, (long)AT_FDCWD, path, 0L);
	if (r < 0) {
		fd = look_open(file, O_RDONLY);
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		s = probe_sys(SYS_linkat, (long)AT_FDCWD, self, (long)AT_FDCWD, path,
			      (long)AT_SYMLINK_FOLLOW);
		look_close(fd);
	}
	if (r < 0 && s < 0)
		return probe_denied((int)-r, "linkat", "%s, by descriptor: %s", probe_errno_name((int)-r),
				    probe_errno_name((int)-s));
	fd = look_open(path, O_RDWR);
	s = fd < 0 ? fd : look_rewrite(fd);
	look_close(fd);
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
	return probe_allowed("linkat", "linked, %s through the link", s == 0 ? "written" : "not written");
}
