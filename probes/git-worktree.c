/* SPDX-License-Identifier: MIT */
/*
 * GT-08: from a linked worktree: what says which repository it belongs to, and hooks and config there. Objects and
 * refs, which a commit writes, must take writes meanwhile.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: git-worktree(1), gitrepository-layout(5)
 */
#include "hold.h"

PROBE("git-worktree", "hooks and config that a linked worktree shares cannot be changed")
{
	static const char *const open[] = { ".git/objects", ".git/refs", ".git/worktrees/canary" };

	LOOK_NEED(project, "CANARY_AUTORUN");
	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
		char dir[LOOK_PATH], made[LOOK_PATH];
		struct hold h = { .st = { .st_mode = S_IFREG | 0600 } };
		long r;

		look_join(dir, project, open[i]);
		r = hold_make(look_fresh(made, dir), &h);
		hold_unlink(made);
		if (r < 0)
			return probe_unknown((int)-r, "openat", "%.180s takes no write: no commit", dir);
	}
	return HOLD_ALL(project, "wt/.git", ".git/worktrees/canary/commondir",
			".git/worktrees/canary/config.worktree", ".git/hooks/", ".git/modules/canary/hooks/",
			".git//");
}
