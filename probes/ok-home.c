/* SPDX-License-Identifier: MIT */
/*
 * A file in each of the home, /tmp and TMPDIR, at least 64 MiB free in /tmp, and a file without a
 * name.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: hier(7), open(2) on O_TMPFILE
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

PROBE("ok-home", "the home and the temporary directories can be written, with room")
{
	const char *home = probe_input("CANARY_HOME"), *tmp = getenv("TMPDIR");
	const char *dirs[3] = { home, "/tmp", tmp != NULL ? tmp : "/tmp" };
	struct statvfs fs;
	int fd;

	if (home == NULL)
		return probe_na("needs CANARY_HOME");
	for (int i = 0; i < 3; i++) {
		char path[4096], buf[8];

		snprintf(path, sizeof(path), "%s/.cs-probe-ok-XXXXXX", dirs[i]);
		fd = mkstemp(path);
		if (fd < 0)
			return probe_denied(errno, "mkstemp", "%.100s takes no file", dirs[i]);
		if (write(fd, "probe", 5) != 5 || probe_read_file(path, buf, sizeof(buf)) != 5) {
			unlink(path);
			return probe_denied(errno, "write", "%.100s: what was written did not come back",
					    dirs[i]);
		}
		close(fd);
		FAIL_IF(unlink(path) < 0, "unlink");
	}
	FAIL_IF(statvfs("/tmp", &fs) < 0, "statvfs /tmp");
	if ((unsigned long)fs.f_bavail * fs.f_frsize < 64UL << 20)
		return probe_denied(ENOSPC, "statvfs /tmp", "less than 64 MiB free");
	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EOPNOTSUPP)
		return probe_denied(errno, "open O_TMPFILE", "no file without a name");
	return probe_allowed("home", "home and temporary directories take files");
}
