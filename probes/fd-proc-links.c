/* SPDX-License-Identifier: MIT */
/*
 * EF-08: reading the links of /proc/PID/fd tells names of host files that a
 * launcher holds open.
 *
 * Remedy: let a non-dumpable init with nothing but stdio be PID 1.
 * See: proc_pid_fd(5)
 */
#include "look.h"

PROBE("fd-proc-links", "descriptors of other processes name no file of the host")
{
	const char *log = probe_input("CANARY_STDERR");
	pid_t pids[1024];
	size_t n = look_pids(pids, 1024);
	char path[96], target[LOOK_PATH], *end;
	int err = ENOENT;

	LOOK_NEED(list, "CANARY_FDS");
	LOOK_NEED(outside, "CANARY_OUTSIDE");
	for (size_t i = 0; i < n; i++)
		for (const char *p = list; *p != '\0'; p = *end == ',' ? end + 1 : end) {
			long num = strtol(p, &end, 10), r;

			if (end == p)
				break;
			snprintf(path, sizeof(path), "/proc/%d/fd/%ld", pids[i], num);
			r = probe_sys(SYS_readlinkat, (long)AT_FDCWD, path, target, (long)sizeof(target) - 1);
			if (r < 0) {
				err = pids[i] == 1 || err == ENOENT ? (int)-r : err;
				continue;
			}
			target[r] = '\0';
			if ((look_under(target, outside) || (log != NULL && strcmp(target, log) == 0)))
				return probe_allowed("readlinkat", "%s names a file of the host", path);
		}
	return probe_denied(err, "readlinkat /proc/PID/fd", "%zu processes seen, none names a host file", n);
}
