/* SPDX-License-Identifier: MIT */
/*
 * PR-15: who may make a control group of the host's is in none that the host
 * set: below one that systemd handed to the user a group without limits can be
 * made, and what runs there is not counted to the sandbox.
 *
 * Remedy: `/sys/fs/cgroup` must not be in the sandbox: look at the plan with
 *         --dry-run.
 * See: cgroups(7), "Cgroups delegation"
 */
#include "look.h"

PROBE("kern-cgroup-make", "no control group can be made beside the sandbox's own")
{
	char group[LOOK_PATH], file[LOOK_PATH];
	bool made;
	long r;

	LOOK_NEED(dir, "CANARY_CGROUP");
	look_fresh(group, dir);
	r = probe_sys(SYS_mkdirat, (long)AT_FDCWD, group, 0755L);
	if (r < 0)
		return probe_denied((int)-r, look_modes("mkdirat", -r, dir, W_OK), "%.180s: %s", dir,
				    probe_errno_name((int)-r));
	/* A directory of that name may be of any file system. */
	made =
	    probe_sys(SYS_faccessat, (long)AT_FDCWD, look_join(file, group, "cgroup.procs"), (long)W_OK) == 0;
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, group, (long)AT_REMOVEDIR);
	return made ? probe_allowed("mkdirat", "a control group was made in %.180s", dir)
		    : probe_denied(0, "faccessat cgroup.procs", "%.180s is no control group", dir);
}
