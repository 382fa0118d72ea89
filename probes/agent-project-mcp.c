/* SPDX-License-Identifier: MIT */
/*
 * AG-04: the servers that the agent starts in this project.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: CVE-2025-59536
 */
#include "hold.h"

PROBE("agent-project-mcp", "the project's .mcp.json cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".mcp.json");
}
