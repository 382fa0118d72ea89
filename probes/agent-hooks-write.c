/* SPDX-License-Identifier: MIT */
/*
 * AG-07: what the agent would run at its next start, also outside: a hook of the
 * home is rewritten, a new one is made, the directory is moved away.
 *
 * Remedy: bind the directories of ~/.claude read-only, each by itself.
 * See: mount(8); CVE-2026-25725
 */
#include "look.h"

#include <stdio.h>

PROBE("agent-hooks-write", "hooks in ~/.claude cannot be written")
{
	char hooks[LOOK_PATH], file[LOOK_PATH], made[LOOK_PATH];
	int fd, fresh;
	long r, n;

	LOOK_NEED(dir, "CANARY_CLAUDE");
	look_join(hooks, dir, "hooks");
	look_join(file, hooks, "canary");
	look_join(made, hooks, "planted-by-a-probe");
	fd = look_open(file, O_RDWR);
	r = fd < 0 ? fd : look_rewrite(fd);
	look_close(fd);
	fresh = look_open(made, O_WRONLY | O_CREAT | O_EXCL);
	n = fresh < 0 ? fresh : 0;
	look_close(fresh);
	if (fresh >= 0)
		probe_sys(SYS_unlinkat, AT_FDCWD, made, 0);
	if (r == 0)
		return probe_allowed("pwrite64", "a byte of a hook was written (the same as before)");
	if (n == 0)
		return probe_allowed("openat O_CREAT", "a hook was made, and removed");
	return probe_denied((int)-r, "openat O_RDWR", "%s, O_CREAT: %s", probe_errno_name((int)-r),
			    probe_errno_name((int)-n));
}
