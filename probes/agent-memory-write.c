/* SPDX-License-Identifier: MIT */
/*
 * AG-09: the project's memory, which the agent reads at each start. Where claude.memory is drop, as it is here, a copy
 * stands in its place and may be written; the directory itself may not.
 *
 * Remedy: mount the private copies over the memory, behind the bind of the project's record.
 * See: https://docs.claude.com/en/docs/claude-code/memory
 */
#include "look.h"

#include <stdio.h>
#include <sys/stat.h>

PROBE("agent-memory-write", "a memory that is to be dropped cannot be written")
{
	char made[LOOK_PATH], id[48];
	struct stat st = { 0 };
	long r;
	int fd;

	LOOK_NEED(dir, "CANARY_MEMORY");
	LOOK_NEED(want, "CANARY_MEMORYID");
	fd = look_open(dir, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return probe_denied(-fd, "openat", "%.180s: %s", dir, probe_errno_name(-fd));
	probe_sys(SYS_fstat, (long)fd, &st);
	look_close(fd);
	snprintf(id, sizeof(id), "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	if (strcmp(id, want) != 0)
		return probe_denied(0, "fstat", "another directory, a copy");
	look_join(made, dir, "planted-by-a-probe");
	r = probe_sys(SYS_openat, (long)AT_FDCWD, made, (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC),
		      0600L);
	look_close((int)r);
	if (r < 0)
		return probe_denied((int)-r, "openat O_CREAT", "the host's own directory: %s",
				    probe_errno_name((int)-r));
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, made, 0L);
	return probe_allowed("openat O_CREAT", "a file was made in the host's memory, and removed");
}
