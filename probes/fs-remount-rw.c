/* SPDX-License-Identifier: MIT */
/*
 * FS-21: in a child with new user and mount namespaces: bind the directory
 * on itself, remount without MS_RDONLY, write.
 *
 * Remedy: no nested user namespaces; MS_RDONLY of a more privileged
 *         namespace stays locked.
 * See: mount(2) EPERM; user_namespaces(7)
 */
#include "look.h"

#include <sys/mount.h>
#include <sys/vfs.h>

static struct probe_result attempt(void *arg)
{
	const char *file = probe_input("CANARY_RO"), *dir = probe_input("CANARY_RO_DIR");
	const unsigned long keep = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;
	struct statfs fs = { 0 };
	unsigned long flags;
	long r = look_own_ns(CLONE_NEWNS);
	int fd;

	(void)arg;
	if (r < 0)
		return probe_denied((int)-r, "unshare", "%s", probe_errno_name((int)-r));
	r = probe_sys(SYS_mount, dir, dir, NULL, (long)(MS_BIND | MS_REC), NULL);
	/* The other flags are locked one by one: taking them away too would fail for their sake. */
	probe_sys(SYS_statfs, dir, &fs);
	flags = MS_REMOUNT | MS_BIND | ((unsigned long)fs.f_flags & keep);
	if (fs.f_flags & 4096) /* ST_RELATIME */
		flags |= MS_RELATIME;
	if (r == 0)
		r = probe_sys(SYS_mount, NULL, dir, NULL, flags, NULL);
	fd = look_open(file, O_RDWR);
	if (r < 0)
		return probe_denied((int)-r, "mount MS_REMOUNT", "%s", probe_errno_name((int)-r));
	r = fd < 0 ? fd : look_rewrite(fd);
	look_close(fd);
	return r == 0
		   ? probe_allowed("mount MS_REMOUNT", "remounted, and a byte written (the same as before)")
		   : probe_denied((int)-r, "openat O_RDWR", "%s", probe_errno_name((int)-r));
}

PROBE("fs-remount-rw", "a read-only bind is not made writable from a namespace of one's own")
{
	LOOK_NEED(dir, "CANARY_RO_DIR");
	LOOK_NEED(file, "CANARY_RO");
	return probe_in_child(attempt, NULL, 5);
}
