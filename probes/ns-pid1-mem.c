/* SPDX-License-Identifier: MIT */
/*
 * /proc/1/mem for reading, maps for the addresses: with it the code of PID 1 could be rewritten.
 * Remedy: PID 1 must be the sandbox's own init, not dumpable and under the same filter: a plan
 *   without --as-pid-1 leaves bubblewrap there.
 * See: proc_pid_mem(5)
 */
#include "pid1.h"

PROBE("ns-pid1-mem", "the memory of PID 1 can't be opened")
{
	long pid = pid1_target(), fd;
	char path[64], buf[16] = "";

	snprintf(path, sizeof(path), "/proc/%ld/mem", pid);
	fd = probe_sys(SYS_openat, -1L, path, (long)(O_RDWR | O_CLOEXEC), 0L);
	if (fd < 0)
		fd = probe_sys(SYS_openat, -1L, path, (long)(O_RDONLY | O_CLOEXEC), 0L);
	if (fd >= 0) {
		snprintf(path, sizeof(path), "/proc/%ld/maps", pid);
		probe_read_file(path, buf, sizeof(buf));
	}
	pid1_done(pid);
	if (fd >= 0)
		return probe_allowed("open /proc/PID/mem", "opened; maps %s",
				     buf[0] != '\0' ? "readable" : "not readable");
	return probe_denied((int)-fd, "open /proc/PID/mem", "refused");
}
