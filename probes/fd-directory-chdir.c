/* SPDX-License-Identifier: MIT */
/*
 * EF-05: fchdir to it, then ordinary relative names.
 *
 * Remedy: close_range before bwrap; pass no directory.
 * See: CVE-2024-21626; chdir(2)
 */
#include "look.h"

PROBE("fd-directory-chdir", "an inherited directory descriptor cannot become the working directory")
{
	long dir = probe_input_long("CANARY_DIRFD"), r;
	char path[LOOK_PATH];

	LOOK_NEED(outside, "CANARY_OUTSIDE");
	if (dir < 0)
		return probe_na("needs CANARY_DIRFD");
	r = probe_sys(SYS_fchdir, dir);
	if (r < 0)
		return probe_denied((int)-r, "fchdir", "descriptor %ld: %s", dir, probe_errno_name((int)-r));
	return look_canary(look_join(path, outside, "file") + 1);
}
