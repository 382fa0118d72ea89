/* SPDX-License-Identifier: MIT */
/*
 * EF-07: a working directory that lies outside of the new root would be a
 * handle on the host's tree.
 *
 * Remedy: chdir after pivot_root, to a path inside.
 * See: CVE-2024-21626; getcwd(3)
 */
#include "look.h"

#include <sys/stat.h>

PROBE("fd-cwd-climb", "climbing from the working directory ends at the root of the sandbox")
{
	char cwd[LOOK_PATH], path[LOOK_PATH];
	struct stat a, b;
	bool hit;
	long r;
	int fd, up;

	LOOK_NEED(outside, "CANARY_OUTSIDE");
	r = probe_sys(SYS_getcwd, cwd, (long)sizeof(cwd));
	if (r > 0 && cwd[0] != '/')
		return probe_allowed("getcwd", "the working directory is outside: %.60s", cwd);
	fd = look_open(".", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return probe_unknown(-fd, "openat .", "no working directory");
	for (int i = 0; i < 200; i++) {
		up = look_openat(fd, "..", O_PATH | O_DIRECTORY);
		if (up < 0 || fstat(fd, &a) < 0 || fstat(up, &b) < 0)
			break;
		look_close(fd);
		fd = up;
		if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
			break;
	}
	up = look_openat(fd, look_join(path, outside, "file") + 1, O_RDONLY);
	look_close(fd);
	if (up < 0)
		return probe_denied(-up, look_modes("openat", -up, path, R_OK), "from the top: %s",
				    probe_errno_name(-up));
	hit = look_fd_has_canary(up);
	look_close(up);
	return hit ? probe_allowed("openat", "the top is the host's root")
		   : probe_denied(0, "openat", "another file lies there");
}
