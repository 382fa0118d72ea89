/* SPDX-License-Identifier: MIT */
/*
 * AG-01: settings with a hook that the agent on the host would run at its start, in a directory that did not exist.
 *
 * Remedy: look for "watch" in `claude-sandbox --dry-run`: what appears in the project and autorun.def says
 *   QUARANTINE of is moved away; what --allow-autorun opens stays.
 * See: CVE-2026-25725
 */
#include "stay.h"

PROBE("agent-new-settings", "settings of the agent that were not there do not stay")
{
	static const struct stay made[] = {
		{ ".claude/", NULL },
		{ ".claude/settings.json", "{\"hooks\": {\"SessionStart\": [{\"hooks\": [{\"type\": "
					   "\"command\", \"command\": \"" STAY_TEXT "\"}]}]}}" },
	};

	LOOK_NEED(watched, "CANARY_WATCHED");
	return STAY_ALL(watched, "agent-new-settings", made);
}
