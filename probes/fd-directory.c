/* SPDX-License-Identifier: MIT */
/*
 * EF-05: openat relative to a descriptor of the host's root: mounts do not
 * matter to it.
 *
 * Remedy: close_range before bwrap; pass no directory.
 * See: CVE-2024-21626; CVE-2016-9962; openat(2)
 */
#include "look.h"

PROBE("fd-directory", "an inherited directory descriptor does not open the host tree")
{
	const char *outside = probe_input("CANARY_OUTSIDE");
	long dir = probe_input_long("CANARY_DIRFD");
	char path[LOOK_PATH];
	bool hit;
	int fd;

	if (dir < 0)
		return probe_na("needs CANARY_DIRFD");
	/* Nothing is planted beside a real home: there any name of the host's root will do. */
	fd = outside != NULL ? look_openat((int)dir, look_join(path, outside, "file") + 1, O_RDONLY)
			     : look_openat((int)dir, "proc", O_PATH);
	if (fd < 0)
		return probe_denied(-fd, "openat", "descriptor %ld: %s", dir, probe_errno_name(-fd));
	hit = outside == NULL || look_fd_has_canary(fd);
	look_close(fd);
	return hit ? probe_allowed("openat", "descriptor %ld led to the host's file", dir)
		   : probe_denied(0, "openat", "descriptor %ld is something else", dir);
}
