/* SPDX-License-Identifier: MIT */
/*
 * AG-05: the directories of which the agent takes commands, agents, skills, hooks.
 *
 * Remedy: the project's .claude is fresh inside: settings are copies that are dropped, the rest is bound read-only;
 *   look for it in `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: CVE-2026-25725; https://github.com/anthropic-experimental/sandbox-runtime
 */
#include "hold.h"

PROBE("agent-project-dirs", "what the agent reads of a project's .claude cannot be changed on the host")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".claude/commands/x.md", ".claude/commands/", ".claude/agents/",
			".claude/skills/", ".claude/hooks/", ".claude/plugins/", ".claude/output-styles/",
			".claude/rules/");
}
