/* SPDX-License-Identifier: MIT */
/*
 * FS-11: /proc/self/root and .. from /proc/self/cwd, with the path of a
 * file of the host.
 *
 * Remedy: own mount namespace with pivot_root, and a fresh /proc.
 * See: proc_pid_root(5)
 */
#include "look.h"

PROBE("fs-proc-self-root", "the magic links of /proc/self do not lead outside")
{
	static const char *const heads[] = {
		"/proc/self/root",
		"/proc/thread-self/root",
		"/proc/self/cwd/../../../../../../../../../../..",
		"/proc/self/task/../root",
		NULL,
	};
	char path[LOOK_PATH], file[LOOK_PATH];
	struct probe_result r = { 0 };

	LOOK_NEED(outside, "CANARY_OUTSIDE");
	look_join(file, outside, "file");
	for (int i = 0; heads[i] != NULL; i++) {
		r = look_canary(look_join(path, heads[i], file));
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return r;
}
