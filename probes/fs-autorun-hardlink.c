/* SPDX-License-Identifier: MIT */
/*
 * FS-06: another name, elsewhere in the project, of a file in a protected directory.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: link(2)
 */
#include "hold.h"

PROBE("fs-autorun-hardlink", "another name of a protected file cannot be written")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, "other/name");
}
