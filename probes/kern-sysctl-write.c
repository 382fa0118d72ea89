/* SPDX-License-Identifier: MIT */
/*
 * Opens every one for writing and writes nothing. The kernel compares the uid here, not
 * capabilities: a box that was started by root could write core_pattern without any capability.
 * Remedy: /proc/sys must be bound read-only, and kernel uid 0 must not run inside: start the tool
 *   as an ordinary user, or without --as-root.
 * See: proc_sys(5), CVE-2022-0811
 */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct found {
	int files, open, err;
	char name[160]; /* the first that opened */
};

static void walk(const char *dir, int depth, struct found *f)
{
	struct dirent *e;
	struct stat st;
	char path[512];
	bool over;
	DIR *d;

	if (depth > 8 || (d = opendir(dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		long fd;

		if (e->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path))
			continue;
		if (e->d_type == DT_DIR) {
			walk(path, depth + 1, f);
			continue;
		}
		if (e->d_type != DT_REG)
			continue;
		f->files++;
		fd = probe_sys(SYS_openat, -1L, path, (long)(O_WRONLY | O_CLOEXEC | O_NONBLOCK), 0L);
		if (fd < 0) {
			f->err = (int)-fd;
			continue;
		}
		over = fstat((int)fd, &st) == 0 && !S_ISREG(st.st_mode); /* a mask */
		probe_sys(SYS_close, fd);
		if (!over && f->open++ == 0)
			snprintf(f->name, sizeof(f->name), "%.150s", path);
	}
	closedir(d);
}

PROBE("kern-sysctl-write", "no file below /proc/sys opens for writing")
{
	struct found f = { 0, 0, 0, "" };

	walk("/proc/sys", 0, &f);
	if (f.files == 0)
		return probe_denied(ENOENT, "opendir /proc/sys", "no files there");
	if (f.open > 0)
		return probe_allowed("open O_WRONLY", "%d of %d files, such as %s", f.open, f.files, f.name);
	return probe_denied(f.err, "open O_WRONLY", "none of %d files", f.files);
}
