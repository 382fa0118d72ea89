/* SPDX-License-Identifier: MIT */
/*
 * FS-14: a mount that is in a peer group takes new mounts into other
 * namespaces. The table is read in a namespace of our own after an attempt
 * to join one; where that attempt is refused, as it stands.
 *
 * Remedy: mount everything MS_SLAVE or MS_PRIVATE; refuse mount(2).
 * See: mount_namespaces(7) SHARED SUBTREES
 */
#include "look.h"

#include <sys/mount.h>

static bool is_shared(const struct look_mount *m, void *arg)
{
	snprintf(arg, 128, "%.100s", m->point);
	return strstr(m->tags, "shared:") != NULL;
}

static struct probe_result join(void *arg)
{
	char point[128] = "";
	long r = look_own_ns(CLONE_NEWNS), m;

	(void)arg;
	if (r == 0)
		r = probe_sys(SYS_mount, "none", "/", NULL, (long)(MS_SHARED | MS_REC), NULL);
	m = look_mounts(is_shared, point);
	if (m < 0)
		return probe_denied((int)-m, "openat mountinfo", "%s", probe_errno_name((int)-m));
	if (m == 1)
		return probe_allowed("mountinfo", "%s is in a peer group", point);
	return r < 0 ? probe_denied((int)-r, "mount MS_SHARED", "none is shared, and making one is refused")
		     : probe_unknown(0, "mountinfo", "made shared, but the table does not say so");
}

PROBE("fs-shared-mount", "no mount shares its changes with the host")
{
	char point[128];

	if (look_mounts(is_shared, point) == 1)
		return probe_allowed("mountinfo", "%s is in a peer group", point);
	return probe_in_child(join, NULL, 3);
}
