/* SPDX-License-Identifier: MIT */
/*
 * AG-12: scripts of the project that are named in texts of what the host runs: a hook, a task that is run when the
 * folder is opened, .envrc, the front matter of an agent.
 *
 * Remedy: what such a text names (heldtexts.def) is bound read-only; look for it in `claude-sandbox --dry-run`; an
 *   opening asked for by --allow-autorun is said at every start.
 * See: https://code.visualstudio.com/docs/reference/tasks-appendix, direnv-stdlib(1), githooks(5)
 */
#include "hold.h"

PROBE("agent-project-texts",
      "scripts that hooks, tasks, .envrc and agents of the project start cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, "tools/check", "tools/watch", "tools/env", "tools/guard");
}
