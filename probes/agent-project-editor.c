/* SPDX-License-Identifier: MIT */
/*
 * AG-11: what editors act on when the project is opened. A link is held like what it leads to.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: https://code.visualstudio.com/docs/editor/workspace-trust; 'exrc' in vim(1)
 */
#include "hold.h"

PROBE("agent-project-editor", "settings and tasks of editors in the project cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".vscode/tasks.json", ".vscode/", ".idea/workspace.xml",
			".devcontainer/devcontainer.json", ".zed/tasks.json", ".cursor/mcp.json",
			"canary.code-workspace", ".nvim.lua", ".exrc", ".dir-locals.el",
			".helix/languages.toml", ".vim/coc-settings.json", "crush.json",
			".pi/extensions/x.ts");
}
