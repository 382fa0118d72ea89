/* SPDX-License-Identifier: MIT */
/*
 * AG-12: a script that git on the host would run at the next commit, where husky has set the project up.
 *
 * Remedy: look for "watch" in `claude-sandbox --dry-run`: what appears in the project and autorun.def says
 *   QUARANTINE of is moved away; what --allow-autorun opens stays.
 * See: githooks(5)
 */
#include "stay.h"

PROBE("agent-new-husky", "a hook of husky that was not there does not stay")
{
	static const struct stay made[] = {
		{ ".husky/", NULL },
		{ ".husky/pre-commit", "#!/bin/sh\n" STAY_TEXT "\n" },
	};

	LOOK_NEED(watched, "CANARY_WATCHED");
	return STAY_ALL(watched, "agent-new-husky", made);
}
