/* SPDX-License-Identifier: MIT */
/*
 * EF-05: the magic link of the descriptor as the beginning of a path: the
 * way of the working directory in Leaky Vessels.
 *
 * Remedy: close_range before bwrap; pass no directory.
 * See: CVE-2024-21626; proc_pid_fd(5)
 */
#include "look.h"

PROBE("fd-directory-proc", "an inherited directory descriptor is no path through /proc/self/fd")
{
	long dir = probe_input_long("CANARY_DIRFD");
	char path[LOOK_PATH], head[64];

	LOOK_NEED(outside, "CANARY_OUTSIDE");
	if (dir < 0)
		return probe_na("needs CANARY_DIRFD");
	snprintf(head, sizeof(head), "/proc/self/fd/%ld", dir);
	look_join(path, outside, "file");
	memmove(path + strlen(head), path,
		strlen(path) + 1 < sizeof(path) - strlen(head) ? strlen(path) + 1 : 1);
	memcpy(path, head, strlen(head));
	return look_canary(path);
}
