/* SPDX-License-Identifier: MIT */
/*
 * FS-21: in a child with new user and mount namespaces: unmount the mask,
 * bind the directory below it elsewhere without its mounts, copy the tree
 * by open_tree.
 *
 * Remedy: no nested user namespaces; mounts of a more privileged namespace
 *         stay locked.
 * See: mount_namespaces(7) MNT_LOCKED; user_namespaces(7)
 */
#include "look.h"

#include <sys/mount.h>

static struct probe_result attempt(void *arg)
{
	const char *file = probe_input("CANARY_MASKED"), *name = strrchr(file, '/');
	char dir[LOOK_PATH], path[LOOK_PATH];
	struct probe_result r;
	long e = look_own_ns(CLONE_NEWNS);
	int tree, err;

	(void)arg;
	if (e < 0)
		return probe_denied((int)-e, "unshare", "%s", probe_errno_name((int)-e));
	if (name == NULL)
		return probe_na("CANARY_MASKED is not absolute");
	snprintf(dir, sizeof(dir), "%.*s", (int)(name - file), file);
	e = probe_sys(SYS_mount, dir, "/tmp", NULL, (long)MS_BIND, NULL);
	if (e == 0 && probe_file_has_canary(look_join(path, "/tmp", name), &err))
		return probe_allowed("mount MS_BIND", "the file below the mask was read");
	tree = (int)probe_sys(SYS_open_tree, (long)AT_FDCWD, dir, 1L);
	if (tree >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d%.2000s", tree, name);
		if (probe_file_has_canary(path, &err))
			return probe_allowed("open_tree", "the file below the mask was read");
	}
	probe_sys(SYS_umount2, file, 2L);
	r = look_canary(file);
	return r.seen == PROBE_DENIED && e < 0
		   ? probe_denied((int)-e, "mount MS_BIND", "%s", probe_errno_name((int)-e))
		   : r;
}

PROBE("fs-mask-reveal", "a masked file is not uncovered from a namespace of one's own")
{
	LOOK_NEED(file, "CANARY_MASKED");
	return probe_in_child(attempt, NULL, 5);
}
