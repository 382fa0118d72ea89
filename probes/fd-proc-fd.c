/* SPDX-License-Identifier: MIT */
/*
 * EF-08: pipes, filters and files that the launcher's own processes hold,
 * opened again through /proc/PID/fd.
 *
 * Remedy: let a non-dumpable init with nothing but stdio be PID 1.
 * See: proc_pid_fd(5); CVE-2019-5736
 */
#include "look.h"

PROBE("fd-proc-fd", "descriptors of other processes, PID 1 included, open nothing")
{
	pid_t pids[1024];
	size_t n = look_pids(pids, 1024);
	char path[96], *end;
	int err = ENOENT;

	LOOK_NEED(list, "CANARY_FDS");
	for (size_t i = 0; i < n; i++)
		for (const char *p = list; *p != '\0'; p = *end == ',' ? end + 1 : end) {
			long num = strtol(p, &end, 10);
			bool hit;
			int fd;

			if (end == p)
				break;
			snprintf(path, sizeof(path), "/proc/%d/fd/%ld", pids[i], num);
			fd = look_open(path, O_RDONLY);
			if (fd < 0) {
				err = pids[i] == 1 || err == ENOENT ? -fd : err;
				continue;
			}
			hit = look_fd_has_canary(fd);
			look_close(fd);
			if (hit)
				return probe_allowed("openat", "%s gave the canary", path);
		}
	return probe_denied(err, "openat /proc/PID/fd", "%zu processes seen, none gave it", n);
}
