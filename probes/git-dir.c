/* SPDX-License-Identifier: MIT */
/*
 * GT-04: files of the repository that say whose hooks, config and objects hold; and .git itself, moved
 * away.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: gitrepository-layout(5), CVE-2024-32002
 */
#include "hold.h"

PROBE("git-dir", "the git directory of the project cannot be redirected")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".git/info/attributes", ".git/objects/info/alternates",
			".git/modules/canary/hooks/pre-commit", ".git/modules/canary/config",
			".git/worktrees/canary/commondir", ".git/worktrees/canary/config.worktree",
			".git/branches/", ".git/branches/canary", ".git/remotes/", ".git/remotes/canary",
			".git//");
}
