/* SPDX-License-Identifier: MIT */
/*
 * RS-05: the kernel counts inotify instances for the user, inside and outside together: one who takes all of them
 * keeps the user's editor from watching a file. Takes one more than the box's share, and gives all back at once. Where
 * the user's own programs have so many that even the share can't be had, that shows nothing, so it tries again.
 * Remedy: Look for `share inotify-instances` in --dry-run; the launcher says at its start where it can't write below
 *   /proc/sys/user.
 * See: namespaces(7) on /proc/sys/user, inotify(7)
 */
#include "look.h"

#include <sys/inotify.h>

#define TRIES 200
#define MANY  4096

/* How many can be had at once, n at most; *ret_error: what refused the next. */
static long take(int *fd, long n, int *ret_error)
{
	long have = 0, r = 0;

	while (have < n && (r = probe_sys(SYS_inotify_init1, (long)IN_CLOEXEC)) >= 0)
		fd[have++] = (int)r;
	*ret_error = r < 0 ? (int)-r : 0;
	for (long i = 0; i < have; i++)
		look_close(fd[i]);
	return have;
}

PROBE("res-inotify", "no more inotify instances can be had than the box's share of the user's")
{
	LOOK_NEED(text, "CANARY_INOTIFY");
	long share = strtol(text, NULL, 10), have = 0;
	int fd[MANY], error = 0;

	if (share <= 0 || share >= MANY)
		return probe_na("a share of %ld: more than this probe takes", share);
	for (int i = 0; i < TRIES; i++) {
		have = take(fd, share + 1, &error);
		if (have > share)
			return probe_allowed("inotify_init1", "%ld at once, one more than the share", have);
		if (error != EMFILE)
			return probe_denied(error, "inotify_init1", "%ld at once", have);
		/* Exactly the share is what the limit leaves, but chance where there is none. */
		if (have == share && !look_open_arm())
			return probe_denied(error, "inotify_init1", "%ld at once, which is the share", have);
		usleep((useconds_t)(10000 + getpid() % 7 * 1000));
	}
	return probe_na("the user's programs have so many inotify instances that only %ld are left", have);
}
