/* SPDX-License-Identifier: MIT */
/*
 * FS-05 on the project's own files: the directories above what is read-only are renamed away.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: mount_namespaces(7)
 */
#include "hold.h"

PROBE("fs-autorun-ancestor", "the directories above what the host runs cannot be renamed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".cargo//", "a/b/c//", "a//", ".git/info//");
}
