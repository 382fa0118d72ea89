/* SPDX-License-Identifier: MIT */
/*
 * GT-01: hooks of the project's repository: one that is there, a new one, the directory moved away.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: githooks(5)
 */
#include "hold.h"

PROBE("git-hooks", "git hooks of the project cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".git/hooks/post-commit.sample", ".git/hooks/");
}
