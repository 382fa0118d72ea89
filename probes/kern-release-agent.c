/* SPDX-License-Identifier: MIT */
/*
 * The program named there is run as root on the host when a cgroup empties. Never written.
 * Remedy: `/sys/fs/cgroup` must not be in the sandbox but for the own directory, read-only: look
 *   at the plan with --dry-run.
 * See: CVE-2022-0492, cgroups(7)
 */
#include "kernfile.h"

#include <glob.h>

PROBE("kern-release-agent", "no release_agent of a cgroup can be reached for writing")
{
	glob_t g = { 0 };

	glob("/sys/fs/cgroup/*/release_agent", GLOB_NOSORT, NULL, &g);
	return kernfile_try((const char *const *)g.gl_pathv, g.gl_pathc, "no cgroup v1 here");
}
