/* SPDX-License-Identifier: MIT */
/*
 * Read: own maps, status, cpuinfo, meminfo, uptime, urandom and zero; written: null; the own
 * program's name resolved.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: proc(5), null(4), random(4)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

PROBE("ok-proc-dev", "the files of /proc and /dev that programs need are there")
{
	static const char *const files[] = {
		"/proc/self/maps", "/proc/self/status", "/proc/self/stat", "/proc/cpuinfo", "/proc/meminfo",
		"/proc/uptime",	   "/proc/stat",	"/dev/zero",	   "/dev/urandom",
	};
	char buf[64];
	int fd;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		long r = probe_read_file(files[i], buf, sizeof(buf));

		if (r <= 0)
			return probe_denied((int)-r, "read", "%s", files[i]);
	}
	FAIL_IF(readlink("/proc/self/exe", buf, sizeof(buf)) <= 0, "readlink /proc/self/exe");
	FAIL_IF(readlink("/proc/self/fd/1", buf, sizeof(buf)) <= 0, "readlink /proc/self/fd/1");
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	FAIL_IF(fd < 0 || write(fd, "x", 1) != 1 || read(fd, buf, 1) != 0, "/dev/null");
	FAIL_IF(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) < 0, "/dev/ptmx");
	FAIL_IF(getrandom(buf, sizeof(buf), 0) != (ssize_t)sizeof(buf), "getrandom");
	return probe_allowed("read", "all there");
}
