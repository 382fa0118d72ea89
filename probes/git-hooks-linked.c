/* SPDX-License-Identifier: MIT */
/*
 * GT-01: scripts of the project that hooks are links to, and a link on the way to one.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: githooks(5)
 */
#include "hold.h"

PROBE("git-hooks-linked", "scripts that git hooks are links to cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, "script/hook", "script/hook2", "way");
}
