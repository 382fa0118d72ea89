/* SPDX-License-Identifier: MIT */
/*
 * GT-03: the second config of a repository, which extensions.worktreeConfig turns on.
 *
 * Remedy: look for "watch" in `claude-sandbox --dry-run`: what appears in the project and autorun.def says
 *   QUARANTINE of is moved away; what --allow-autorun opens stays.
 * See: git-worktree(1)
 */
#include "stay.h"

PROBE("git-new-worktree", "a config.worktree that was not there does not stay")
{
	static const struct stay made[] = {
		{ ".git/", NULL },
		{ ".git/objects/", NULL },
		{ ".git/refs/", NULL },
		{ ".git/HEAD", "ref: refs/heads/main\n" },
		{ ".git/config.worktree", "[core]\n\tfsmonitor = " STAY_TEXT "\n" },
	};

	LOOK_NEED(watched, "CANARY_WATCHED");
	return STAY_ALL(watched, "git-new-worktree", made);
}
