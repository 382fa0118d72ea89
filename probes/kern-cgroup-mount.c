/* SPDX-License-Identifier: MIT */
/*
 * User, mount and cgroup namespace in a child, and cgroup2 (or a v1 controller) mounted in it:
 * the first half of the release_agent escape. Nothing is written.
 * Remedy: Nested user namespaces are off in this sandbox by `--disable-userns` (bubblewrap 0.8 or
 *   newer) and by the filter: update bubblewrap, unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: CVE-2022-0492, cgroup_namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

PROBE("kern-cgroup-mount", "no cgroup hierarchy can be mounted from a nested namespace")
{
	char dir[] = "/tmp/.cs-probe-cgroup-XXXXXX";
	const char *arm = probe_input("CANARY_ARM");
	long r, v1;

	if (mkdtemp(dir) == NULL)
		return probe_unknown(errno, "mkdtemp", "no directory in /tmp");
	r = probe_sys(SYS_unshare, (long)(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP));
	if (r < 0) {
		rmdir(dir);
		return probe_denied((int)-r, "unshare user mnt cgroup", "refused");
	}
	probe_sys(SYS_mount, "none", "/", 0L, (long)(MS_REC | MS_PRIVATE), 0L);
	r = probe_sys(SYS_mount, "none", dir, "cgroup2", 0L, 0L);
	v1 = r < 0 ? probe_sys(SYS_mount, "none", dir, "cgroup", 0L, "memory") : 0;
	if (r == 0 || v1 == 0)
		probe_sys(SYS_umount2, dir, (long)MNT_DETACH);
	rmdir(dir);
	if (r == 0 || v1 == 0)
		return probe_allowed("mount cgroup", "%s mounted", r == 0 ? "cgroup2" : "cgroup v1");
	if (arm != NULL && strcmp(arm, "open") == 0)
		return probe_na("this host lets no user mount cgroups (%s)", probe_errno_name((int)-r));
	return probe_denied((int)-r, "mount cgroup", "namespaces were made, the mount was refused");
}
