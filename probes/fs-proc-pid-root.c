/* SPDX-License-Identifier: MIT */
/*
 * FS-11: /proc/PID/root and cwd of every visible process, PID 1 first:
 * without an own pid namespace that is the host's tree.
 *
 * Remedy: own pid namespace, fresh /proc, a non-dumpable PID 1.
 * See: proc_pid_root(5)
 */
#include "look.h"

PROBE("fs-proc-pid-root", "the root of another process does not lead outside")
{
	pid_t pids[1024];
	size_t n = look_pids(pids, 1024);
	char file[LOOK_PATH], path[LOOK_PATH], head[64];
	int first = ENOENT;

	LOOK_NEED(outside, "CANARY_OUTSIDE");
	look_join(file, outside, "file");
	for (size_t i = 0; i < n; i++) {
		struct probe_result r;

		snprintf(head, sizeof(head), "/proc/%d/root", pids[i]);
		r = look_canary(look_join(path, head, file));
		if (r.seen != PROBE_DENIED)
			return r;
		if (pids[i] == 1)
			first = r.err;
	}
	return probe_denied(first, "openat /proc/1/root", "%zu processes seen, none leads there", n);
}
