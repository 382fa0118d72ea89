/* SPDX-License-Identifier: MIT */
/*
 * GT-09: a submodule whose .git is a link: neither the link nor what it leads to changes.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: CVE-2024-32002, gitsubmodules(7)
 */
#include "hold.h"

PROBE("git-submodule-link", "a link that stands for a repository cannot be replaced")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, "linked/.git", "a/linked-repo/hooks/pre-commit", "a/linked-repo/config");
}
