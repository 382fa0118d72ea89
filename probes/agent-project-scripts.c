/* SPDX-License-Identifier: MIT */
/*
 * AG-02: scripts of the project that settings of the agent start, and a server of .mcp.json.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: https://code.claude.com/docs/en/hooks, CVE-2025-59536
 */
#include "hold.h"

PROBE("agent-project-scripts", "scripts that the project's agent settings start cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, "tools/status", "tools/server", "tools/bin/canary", "tools/bin/");
}
