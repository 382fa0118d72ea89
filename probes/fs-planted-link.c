/* SPDX-License-Identifier: MIT */
/*
 * FS-09: links of an earlier session (one through /oldroot) at names below
 * which the launcher was told to mount. What lies behind them must not
 * become visible; that nothing was made there, the harness checks.
 *
 * Remedy: resolve destinations beneath the project without following links,
 *         mount by descriptor; bwrap 0.12 or newer.
 * See: CVE-2024-42472; openat2(2) RESOLVE_BENEATH;
 *      https://github.com/containers/bubblewrap/issues/195
 */
#include "look.h"

PROBE("fs-planted-link", "a link planted in the project does not lead a mount to the host")
{
	static const char *const links[] = { "planted2/inner", "planted/inner", NULL };
	char path[LOOK_PATH];
	struct probe_result r = { 0 };

	LOOK_NEED(victim, "CANARY_VICTIM");
	LOOK_NEED(project, "CANARY_PROJECT");
	for (int i = 0; links[i] != NULL; i++) {
		r = look_canary(look_join(path, project, links[i]));
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return look_canary(look_join(path, victim, "inner")).seen == PROBE_ALLOWED
		   ? probe_allowed("read", "the victim directory is visible by its own name")
		   : r;
}
