/* SPDX-License-Identifier: MIT */
/*
 * GT-02: what git on the host runs at the next command (core.fsmonitor, aliases, filters)
 * stands in .git/config. A write to the file itself, not to what a link there leads to; then
 * another file in its place, the file out of the way, and its directory.
 *
 * Remedy: a mount over .git/config, and its directory pinned; what git writes goes to a copy.
 * See: git-config(1), CVE-2021-29133, move_mount(2)
 */
#include "look.h"

static long swap_away(const char *path)
{
	char aside[LOOK_PATH];
	long r;

	snprintf(aside, sizeof(aside), "%.4000s.cs-aside", path);
	r = look_rename(path, aside, 0);
	if (r == 0)
		look_rename(aside, path, 0);
	return r;
}

PROBE("git-config-write", "the config that git on the host reads cannot be written or replaced")
{
	char path[LOOK_PATH], dir[LOOK_PATH], fresh[LOOK_PATH];
	long r;
	int fd;

	LOOK_NEED(config, "CANARY_GIT");
	LOOK_NEED(project, "CANARY_PROJECT");
	snprintf(path, sizeof(path), "%s", config);
	look_join(dir, project, ".git");
	fd = look_open(path, O_RDWR | O_NOFOLLOW);
	r = fd < 0 ? fd : look_rewrite(fd);
	look_close(fd);
	if (r == 0)
		return probe_allowed("pwrite64", "a byte was written (the same as before)");
	if (swap_away(path) == 0)
		return probe_allowed("renameat2", "it can be renamed away");
	if (swap_away(dir) == 0)
		return probe_allowed("renameat2", ".git can be renamed away");
	fd = look_open(look_fresh(fresh, dir), O_WRONLY | O_CREAT | O_EXCL);
	look_close(fd);
	r = look_rename(fresh, path, 0);
	if (fd >= 0 && r != 0)
		probe_sys(SYS_unlinkat, (long)AT_FDCWD, fresh, 0L);
	if (r == 0)
		return probe_allowed("renameat2", "another file took its place");
	return probe_denied((int)-r, "renameat2", "%s", probe_errno_name((int)-r));
}
