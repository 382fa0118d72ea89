/* SPDX-License-Identifier: MIT */
/*
 * GT-06: repositories deeper in the project, one of them bare, and the .git files of submodules and
 * worktrees.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: githooks(5), gitsubmodules(7)
 */
#include "hold.h"

PROBE("git-nested", "hooks and config of nested repositories cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, "a/b/c/d/repo/.git/hooks/pre-commit", "a/b/c/d/repo/.git/hooks/",
			"a/b/c/d/repo/.git/config", "a/b/c/d/repo/.git//",
			"node_modules/dep/.git/hooks/pre-commit", "mirror.git/hooks/", "mirror.git/config",
			"submodule/.git");
}
