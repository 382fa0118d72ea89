/* SPDX-License-Identifier: MIT */
/*
 * FS-02: utimensat to the times that it has: make and backup programs
 * believe them.
 *
 * Remedy: bind it read-only (MS_RDONLY is asked before the owner is).
 * See: utimensat(2) EROFS
 */
#include "look.h"

#include <sys/stat.h>

PROBE("fs-ro-times", "the times of a file in a read-only bind cannot be set")
{
	struct timespec ts[2];
	struct stat st;
	long r;

	LOOK_NEED(file, "CANARY_RO");
	if (stat(file, &st) < 0)
		return probe_denied(errno, "stat", "%s", probe_errno_name(errno));
	ts[0] = st.st_atim;
	ts[1] = st.st_mtim;
	r = probe_sys(SYS_utimensat, (long)AT_FDCWD, file, ts, 0L);
	return r == 0 ? probe_allowed("utimensat", "set to what they were")
		      : probe_denied((int)-r, "utimensat", "%s", probe_errno_name((int)-r));
}
