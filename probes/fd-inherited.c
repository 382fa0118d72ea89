/* SPDX-License-Identifier: MIT */
/*
 * EF-04: every number that the harness left open, with the canary read
 * through it.
 *
 * Remedy: close_range(3, ~0, CLOSE_RANGE_CLOEXEC) before bwrap, then pass
 *         exactly the descriptors of the plan.
 * See: close_range(2); CVE-2024-21626
 */
#include "look.h"

#include <sys/stat.h>

PROBE("fd-inherited", "descriptors that the launcher was started with are closed")
{
	long r = -EBADF;
	unsigned n = 0;
	struct stat st;
	char *end;

	LOOK_NEED(list, "CANARY_FDS");
	for (const char *p = list; *p != '\0'; p = *end == ',' ? end + 1 : end) {
		long fd = strtol(p, &end, 10);

		if (end == p)
			break;
		n++;
		r = probe_sys(SYS_fcntl, fd, (long)F_GETFD, 0L);
		if (r < 0)
			continue;
		if (probe_input("CANARY_TEXT") == NULL || look_fd_has_canary((int)fd))
			return probe_allowed("fcntl", "descriptor %ld is open", fd);
		if (fstat((int)fd, &st) == 0 && S_ISDIR(st.st_mode))
			return probe_allowed("fstat", "descriptor %ld is an open directory", fd);
		return probe_unknown(0, "fcntl", "descriptor %ld is open on something else", fd);
	}
	return probe_denied((int)-r, "fcntl", "none of %u is open", n);
}
