/* SPDX-License-Identifier: MIT */
/*
 * FS-05: a directory in the middle of a protected path that is a link: put elsewhere, or written where it leads.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: symlink(7)
 */
#include "hold.h"

PROBE("fs-autorun-middle", "a link in the middle of a protected path cannot be replaced")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".config", "shell/config/mise.toml", "shell/config//");
}
