/* SPDX-License-Identifier: MIT */
/*
 * AG-02, AG-03: settings of the agent in the project, whose hooks and helpers run at its next start, also
 * outside.
 *
 * Remedy: the project's .claude is fresh inside: settings are copies that are dropped, the rest is bound read-only;
 *   look for it in `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: CVE-2025-59536, CVE-2026-21852, CVE-2026-25725
 */
#include "hold.h"

PROBE("agent-project-settings", "settings of the agent in the project cannot be changed on the host")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".claude/settings.json", ".claude/settings.local.json");
}
