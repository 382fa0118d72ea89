/* SPDX-License-Identifier: MIT */
/*
 * GT-05: a bare repository in a subdirectory, whose config names a program: git on the host runs it at each
 * command there. The repository stays, its config without the key.
 *
 * Remedy: look for "watch" in `claude-sandbox --dry-run`: what appears in the project and autorun.def says
 *   QUARANTINE of is moved away; what --allow-autorun opens stays.
 * See: git-config(1), safe.bareRepository
 */
#include "stay.h"

PROBE("git-new-config", "a program in the config of a new bare repository does not stay")
{
	static const struct stay made[] = {
		{ "objects/", NULL },
		{ "refs/", NULL },
		{ "HEAD", "ref: refs/heads/main\n" },
		{ "config", "[core]\n\tbare = true\n\tfsmonitor = " STAY_TEXT "\n" },
	};

	LOOK_NEED(watched, "CANARY_WATCHED");
	return STAY_ALL(watched, "git-new-config", made);
}
