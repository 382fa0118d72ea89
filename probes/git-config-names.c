/* SPDX-License-Identifier: MIT */
/*
 * GT-02: what the config of a repository in the project names: hooks by core.hooksPath, an include, a script.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: git-config(1), githooks(5)
 */
#include "hold.h"

PROBE("git-config-names", "what a git config names in the project cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, "a/b/c/d/repo/own-hooks/pre-push", "a/b/c/d/repo/own-hooks/",
			"a/b/c/d/repo/shared.gitconfig", "a/b/c/d/repo/tools/fsm");
}
