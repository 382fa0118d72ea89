/* SPDX-License-Identifier: MIT */
/*
 * DT-06: another terminal of the caller by its name below /dev/pts, and the
 * screens and virtual terminals of the machine.
 *
 * Remedy: give the sandbox a /dev and a devpts of its own.
 * See: pts(4); vcs(4)
 */
#include "look.h"

#include <sys/stat.h>

PROBE("tty-other", "terminals of other sessions cannot be opened")
{
	static const char *const nodes[] = {
		"/dev/vcs",  "/dev/vcs1",  "/dev/vcsa1", "/dev/tty0", "/dev/tty1",
		"/dev/tty2", "/dev/ttyS0", "/dev/hvc0",	 NULL,
	};
	struct stat st;
	int fd;

	LOOK_NEED(pts, "CANARY_PTS");
	LOOK_NEED(id, "CANARY_PTSID");
	for (int i = 0; nodes[i] != NULL; i++) {
		fd = look_open(nodes[i], O_RDONLY);
		look_close(fd);
		if (fd >= 0)
			return probe_allowed("openat", "%s opens", nodes[i]);
	}
	fd = look_open(pts, O_RDWR);
	if (fd < 0)
		return probe_denied(-fd, "openat", "%s: %s", pts, probe_errno_name(-fd));
	if (fstat(fd, &st) == 0) {
		char seen[64];

		snprintf(seen, sizeof(seen), "%llu:%llu", (unsigned long long)st.st_dev,
			 (unsigned long long)st.st_ino);
		look_close(fd);
		return strcmp(seen, id) == 0
			   ? probe_allowed("openat", "it is the host's terminal")
			   : probe_denied(0, "fstat", "it is another terminal of that name");
	}
	look_close(fd);
	return probe_unknown(errno, "fstat", "no identity");
}
