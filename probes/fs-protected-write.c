/* SPDX-License-Identifier: MIT */
/*
 * FS-06: the file by its path, through /proc/self/root, through the working
 * directory and from the top of the project.
 *
 * Remedy: one bind for one source, and the protection at each name of it.
 * See: mount_namespaces(7)
 */
#include "look.h"

PROBE("fs-protected-write", "a protected file cannot be written under another name either")
{
	char path[LOOK_PATH];
	long r = -ENOENT;

	LOOK_NEED(file, "CANARY_PROTECTED");
	LOOK_NEED(project, "CANARY_PROJECT");
	for (int way = 0; way < 4; way++) {
		int fd;

		if (way == 0)
			look_join(path, file, "");
		else if (way == 1)
			look_join(path, "/proc/self/root", file);
		else if (way == 2)
			look_join(path, "/proc/self/cwd",
				  file + (look_under(file, project) ? strlen(project) : 0));
		else
			look_join(path, "/proc/thread-self/root", file);
		if (way == 0)
			path[strlen(path) - 1] = '\0';
		fd = look_open(path, O_RDWR);
		r = fd < 0 ? fd : look_rewrite(fd);
		look_close(fd);
		if (r == 0)
			return probe_allowed("pwrite64",
					     "a byte was written through %.180s (the same as before)", path);
	}
	return probe_denied((int)-r, "openat O_RDWR", "%s", probe_errno_name((int)-r));
}
