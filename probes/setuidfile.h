/* SPDX-License-Identifier: MIT */
/* A setuid file in the project, by one call each; judged by the mode of the file, which is removed again. */
#ifndef SETUIDFILE_H
#define SETUIDFILE_H

#include "look.h"

#include <sys/stat.h>
#include <time.h>

/* Where the file is to be, which `name`, the probe's, makes its own. */
static inline const char *setuidfile_path(char buf[LOOK_PATH], const char *project, const char *name)
{
	snprintf(buf, LOOK_PATH, "%.3900s/.cs-probe-%s-%d-%ld", project, name, getpid(), (long)time(NULL));
	return buf;
}

/* Judges what the call made of the file: r is its raw result. */
static inline struct probe_result setuidfile_judge(const char *path, long r, const char *step)
{
	struct stat st;

	if (stat(path, &st) < 0)
		st.st_mode = 0;
	unlink(path);
	if ((st.st_mode & (S_ISUID | S_ISGID)) != 0)
		return probe_allowed(step, "mode %04o in the project", (unsigned)st.st_mode & 07777U);
	if (r == -ENOSYS && look_open_arm())
		return probe_na("this kernel has no such call");
	return probe_denied(r < 0 ? (int)-r : 0, step, r < 0 ? "refused" : "no setuid bit on the file");
}

/* Begins a probe with `path`, where there is no file yet; MADE begins one with a plain file there, open as `fd`. */
#define SETUIDFILE(name) \
	LOOK_NEED(project, "CANARY_PROJECT"); \
	char buf[LOOK_PATH]; \
	const char *path = setuidfile_path(buf, project, name); \
	long r
#define SETUIDFILE_MADE(name) \
	SETUIDFILE(name); \
	long fd = probe_sys(SYS_openat, -1L, path, (long)(O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC), 0600L); \
	if (fd < 0) \
	return probe_unknown((int)-fd, "openat", "no file in the project")

#endif
