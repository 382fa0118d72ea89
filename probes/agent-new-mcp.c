/* SPDX-License-Identifier: MIT */
/*
 * AG-04: servers that the agent on the host would start.
 *
 * Remedy: look for "watch" in `claude-sandbox --dry-run`: what appears in the project and autorun.def says
 *   QUARANTINE of is moved away; what --allow-autorun opens stays.
 * See: CVE-2025-59536
 */
#include "stay.h"

PROBE("agent-new-mcp", "a .mcp.json that was not there does not stay")
{
	static const struct stay made[] = {
		{ ".mcp.json", "{\"mcpServers\": {\"a\": {\"command\": \"" STAY_TEXT "\"}}}" },
	};

	LOOK_NEED(watched, "CANARY_WATCHED");
	return STAY_ALL(watched, "agent-new-mcp", made);
}
