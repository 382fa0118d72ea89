/* SPDX-License-Identifier: MIT */
/*
 * Looks for the character devices mem, kmem, port and kmsg by number, not by name, in /dev.
 * Remedy: The sandbox must have a /dev of its own (bwrap --dev): look at the plan with --dry-run.
 * See: mem(4), kmsg in Linux Documentation/ABI/testing/dev-kmsg
 */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

PROBE("kern-memory-devices", "no device of the host's memory or kernel log is visible")
{
	const char *arm = probe_input("CANARY_ARM");
	char got[128] = "";
	DIR *d = opendir("/dev");
	struct dirent *e;
	struct stat st;

	if (d == NULL)
		return probe_denied(errno, "opendir /dev", "no /dev");
	while ((e = readdir(d)) != NULL) {
		unsigned minor_nr;

		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISCHR(st.st_mode) ||
		    major(st.st_rdev) != 1)
			continue;
		minor_nr = minor(st.st_rdev);
		if (minor_nr == 1 || minor_nr == 2 || minor_nr == 4 || minor_nr == 11)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %.20s", e->d_name);
	}
	closedir(d);
	if (got[0] != '\0')
		return probe_allowed("stat /dev", "visible:%s", got);
	if (arm != NULL && strcmp(arm, "open") == 0)
		return probe_na("this host has none of them");
	return probe_denied(ENOENT, "stat /dev", "none there");
}
