/* SPDX-License-Identifier: MIT */
/*
 * AG-11: servers that an editor on the host would start when the project is opened. What asks first stays, and is named.
 *
 * Remedy: look for "watch" in `claude-sandbox --dry-run`: what appears in the project and autorun.def says
 *   QUARANTINE of is moved away; what --allow-autorun opens stays.
 * See: CVE-2025-54135
 */
#include "stay.h"

PROBE("agent-new-editor", "servers for an editor that were not there do not stay")
{
	static const struct stay made[] = {
		{ ".cursor/", NULL },
		{ ".cursor/mcp.json", "{\"mcpServers\": {\"a\": {\"command\": \"" STAY_TEXT "\"}}}" },
	};

	LOOK_NEED(watched, "CANARY_WATCHED");
	return STAY_ALL(watched, "agent-new-editor", made);
}
