/* SPDX-License-Identifier: MIT */
/*
 * AG-08: what shells of later sessions source, ~/.claude/shell-snapshots: one that is there is written,
 * and one more is made. The agent needs the directory; it must be the run's own.
 *
 * Remedy: leave shell-snapshots out of the box, so that the agent makes a private one.
 * See: bash(1)
 */
#include "look.h"

#include <stdio.h>
#include <sys/stat.h>

PROBE("agent-snapshot-plant", "shell snapshots of the host cannot be written or planted")
{
	char dir[LOOK_PATH], file[LOOK_PATH], made[LOOK_PATH], id[48];
	struct stat st = { 0 };
	long r, n;
	int fd;

	LOOK_NEED(claude, "CANARY_CLAUDE");
	LOOK_NEED(want, "CANARY_SNAPSHOTID");
	look_join(dir, claude, "shell-snapshots");
	look_join(file, dir, "canary");
	look_join(made, dir, "planted-by-a-probe");
	fd = look_open(file, O_RDWR);
	r = fd < 0 ? fd : look_rewrite(fd);
	look_close(fd);
	if (r == 0)
		return probe_allowed("pwrite64", "a byte of a snapshot was written (the same as before)");
	/* Without the directory the agent makes it: then it is made of what is writable here. */
	probe_sys(SYS_mkdirat, (long)AT_FDCWD, dir, 0700L);
	fd = look_open(dir, O_RDONLY | O_DIRECTORY);
	if (fd >= 0)
		probe_sys(SYS_fstat, (long)fd, &st);
	look_close(fd);
	snprintf(id, sizeof(id), "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	if (strcmp(id, want) != 0)
		return probe_denied((int)-r, "openat O_RDWR", "%s, and the directory is another one",
				    probe_errno_name((int)-r));
	n = probe_sys(SYS_openat, (long)AT_FDCWD, made, (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC),
		      0600L);
	look_close((int)n);
	if (n < 0)
		return probe_denied((int)-n, "openat O_CREAT", "%s", probe_errno_name((int)-n));
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, made, 0L);
	return probe_allowed("openat O_CREAT", "a snapshot was made, and removed");
}
