/* SPDX-License-Identifier: MIT */
/*
 * The account of the own uid in /etc/passwd, a host name, and localhost in /etc/hosts: without
 * them programs fail in odd ways. No name service is asked.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: passwd(5), hosts(5)
 */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

PROBE("ok-names", "user, host and localhost have names")
{
	static char buf[256 * 1024];
	char want[32], *line, *save = NULL;
	struct utsname u;
	bool found = false;
	long r;

	if (probe_read_file("/etc/passwd", buf, sizeof(buf)) <= 0)
		return probe_denied(ENOENT, "read /etc/passwd", "not readable");
	snprintf(want, sizeof(want), ":%u:", (unsigned)getuid());
	for (line = strtok_r(buf, "\n", &save); line != NULL && !found; line = strtok_r(NULL, "\n", &save)) {
		char *p = strchr(line, ':');

		p = p != NULL ? strchr(p + 1, ':') : NULL;
		found = p != NULL && strncmp(p, want, strlen(want)) == 0;
	}
	if (!found)
		return probe_denied(0, "/etc/passwd", "uid %u has no account", (unsigned)getuid());
	FAIL_IF(uname(&u) < 0 || u.nodename[0] == '\0', "uname");
	r = probe_read_file("/etc/hosts", buf, sizeof(buf));
	/* A machine without the file (a minimal root) has none inside: nothing can be mounted where nothing is. */
	if (r != -ENOENT && (r <= 0 || strstr(buf, "localhost") == NULL))
		return probe_denied(0, "/etc/hosts", "no localhost");
	return probe_allowed("names", "user, host and localhost");
}
