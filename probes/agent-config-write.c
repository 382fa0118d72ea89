/* SPDX-License-Identifier: MIT */
/*
 * AG-06: the agent's settings of all projects, ~/.claude.json: servers that it starts and trust in
 * directories stand there. What inside is a copy may be written; the file itself may not.
 *
 * Remedy: give the box a private copy of ~/.claude.json, and drop what is changed in it.
 * See: CVE-2025-59536
 */
#include "look.h"

#include <stdio.h>
#include <sys/stat.h>

PROBE("agent-config-write", "~/.claude.json of the host cannot be written")
{
	struct stat st;
	char id[48];
	long r;
	int fd;

	LOOK_NEED(config, "CANARY_CONFIG");
	LOOK_NEED(want, "CANARY_CONFIGID");
	fd = look_open(config, O_RDWR);
	if (fd < 0)
		return probe_denied(-fd, "openat O_RDWR", "%.180s: %s", config, probe_errno_name(-fd));
	if (probe_sys(SYS_fstat, (long)fd, &st) < 0) {
		look_close(fd);
		return probe_denied(0, "fstat", "what was opened tells nothing of itself");
	}
	snprintf(id, sizeof(id), "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	if (strcmp(id, want) != 0) {
		look_close(fd);
		return probe_denied(0, "openat O_RDWR", "another file, a copy");
	}
	r = look_rewrite(fd);
	look_close(fd);
	if (r == 0)
		return probe_allowed("pwrite64",
				     "a byte of the host's file was written (the same as before)");
	return probe_denied((int)-r, "pwrite64", "the host's own file: %s", probe_errno_name((int)-r));
}
