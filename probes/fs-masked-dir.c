/* SPDX-License-Identifier: MIT */
/*
 * FS-21: the directory that the mask setting covers ("keys/"): its file by its path and
 * through the working directory, its names, and a file made in it.
 *
 * Remedy: put an empty directory, read-only, over it after the bind of the project.
 * See: mount_namespaces(7)
 */
#include "look.h"

/* The number of names in the directory, or -errno. */
static long names(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	long n = 0;

	if (d == NULL)
		return -errno;
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

PROBE("fs-masked-dir", "a masked directory of the project shows and takes nothing")
{
	char path[LOOK_PATH];
	struct probe_result r;
	long n, fd;

	LOOK_NEED(dir, "CANARY_MASKED_DIR");
	LOOK_NEED(project, "CANARY_PROJECT");
	r = look_canary(look_join(path, dir, "file"));
	if (r.seen != PROBE_DENIED)
		return r;
	n = names(dir);
	if (n > 0)
		return probe_allowed("readdir", "%ld names in it", n);
	if (look_under(dir, project)) {
		look_join(path, "/proc/self/cwd", dir + strlen(project));
		if (names(path) > 0)
			return probe_allowed("readdir", "names through /proc/self/cwd");
	}
	look_fresh(path, dir);
	fd = probe_sys(SYS_openat, (long)AT_FDCWD, path, (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC),
		       0600L);
	if (fd < 0)
		return r;
	look_close((int)fd);
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
	return probe_allowed("openat O_CREAT", "a file could be made in it");
}
