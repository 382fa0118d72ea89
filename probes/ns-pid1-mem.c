/* SPDX-License-Identifier: MIT */
/*
 * /proc/1/mem for reading, maps for the addresses: with it the code of PID 1 could be rewritten.
 * Remedy: PID 1 must be the sandbox's own init, not dumpable and under the same filter: a plan
 *   without --as-pid-1 leaves bubblewrap there.
 * See: proc_pid_mem(5)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * PID 1 of the sandbox. In the control box, which shares the host's pid
 * namespace, PID 1 is root's: a child that is no better protected than any
 * ordinary process stands for it.
 */
static long pid1_target(void)
{
	const char *arm = probe_input("CANARY_ARM");
	pid_t pid;

	if (arm == NULL || strcmp(arm, "open") != 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

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
	if (pid > 1)
		kill((pid_t)pid, SIGKILL);
	if (fd >= 0)
		return probe_allowed("open /proc/PID/mem", "opened; maps %s",
				     buf[0] != '\0' ? "readable" : "not readable");
	return probe_denied((int)-fd, "open /proc/PID/mem", "refused");
}
