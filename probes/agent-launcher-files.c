/* SPDX-License-Identifier: MIT */
/*
 * AG-15: what decides how the next session is held: the config of claude-sandbox itself, and the folder of its
 * baselines, stamp and marks. A file is made there, with the directories that lead to it; in a home of the run's own it
 * is nothing. (The project's own file can only tighten, which the launcher's tests hold.)
 *
 * Remedy: put a fresh directory in the place of the home, let nothing of it go back, and have config and state of the
 *   sandbox in no writable bind: the launcher refuses one that is.
 * See: claude-sandbox.config(5), FILES in claude-sandbox(1)
 */
#include "look.h"

#include <stdio.h>
#include <sys/stat.h>

#define DEPTH 4

/* Makes the directories of `dir` below home that are missing; those are in `made`, the outermost first. */
static size_t make_way(const char *home, const char *dir, char made[DEPTH][LOOK_PATH])
{
	size_t n = 0, len = strlen(home) + 1;
	char path[LOOK_PATH];

	look_join(path, home, dir);
	for (char *end = path + len; end != NULL && n < DEPTH; end = strchr(end + 1, '/')) {
		char at = *end;

		if (end == path + len)
			continue;
		*end = '\0';
		if (probe_sys(SYS_mkdirat, (long)AT_FDCWD, path, 0700L) == 0)
			snprintf(made[n++], LOOK_PATH, "%s", path);
		*end = at;
	}
	if (n < DEPTH && probe_sys(SYS_mkdirat, (long)AT_FDCWD, path, 0700L) == 0)
		snprintf(made[n++], LOOK_PATH, "%s", path);
	return n;
}

PROBE("agent-launcher-files", "config and state of the sandbox itself cannot be written")
{
	static const char *const dirs[] = { ".config/claude-sandbox", ".local/state/claude-sandbox" };
	static char made[DEPTH][LOOK_PATH];
	int denied = 0;

	LOOK_NEED(home, "CANARY_HOME");
	LOOK_NEED(dev, "CANARY_HOMEDEV");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		size_t n = make_way(home, dirs[i], made);
		char dir[LOOK_PATH], file[LOOK_PATH], id[32] = "";
		struct stat st;
		long fd;

		look_join(dir, home, dirs[i]);
		look_join(file, dir, ".planted-by-a-probe");
		fd = probe_sys(SYS_openat, (long)AT_FDCWD, file,
			       (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), 0600L);
		if (fd < 0)
			denied = (int)-fd;
		else if (probe_sys(SYS_fstat, fd, &st) == 0)
			snprintf(id, sizeof(id), "%lu", (unsigned long)st.st_dev);
		if (fd >= 0) {
			look_close((int)fd);
			probe_sys(SYS_unlinkat, (long)AT_FDCWD, file, 0L);
		}
		while (n > 0)
			probe_sys(SYS_unlinkat, (long)AT_FDCWD, made[--n], (long)AT_REMOVEDIR);
		/* Another file system than the home's is the run's own. */
		if (fd >= 0 && strcmp(id, dev) == 0)
			return probe_allowed("openat O_CREAT", "a file was made in ~/%.60s, and removed",
					     dirs[i]);
	}
	return probe_denied(denied, "openat O_CREAT", "what can be made there is not in the host's home");
}
