/* SPDX-License-Identifier: MIT */
/*
 * DT-08: mknod of 1:5 (zero), and a bind of the existing node over a file
 * in a mount namespace of our own: it counts when zero bytes come out.
 *
 * Remedy: no CAP_MKNOD, nodev on every writable mount, no nested user
 *         namespaces.
 * See: mknod(2); user_namespaces(7)
 */
#include "look.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static bool gives_zero(const char *path)
{
	int fd = look_open(path, O_RDONLY);
	char c = 'x';
	long n = fd < 0 ? fd : probe_sys(SYS_read, (long)fd, &c, 1L);

	look_close(fd);
	return n == 1 && c == 0;
}

static struct probe_result bring(void *arg)
{
	const char *project = probe_input("CANARY_PROJECT");
	char path[LOOK_PATH];
	struct probe_result r;
	long e, fd;

	(void)arg;
	look_fresh(path, project);
	e = probe_sys(SYS_mknodat, (long)AT_FDCWD, path, (long)(S_IFCHR | 0600), (long)makedev(1, 5));
	if (e == 0) {
		r = gives_zero(path) ? probe_allowed("mknodat", "a node was made, and read")
				     : probe_denied(EACCES, "openat", "a node was made, but does not open");
		probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
		return r;
	}
	fd = probe_sys(SYS_openat, (long)AT_FDCWD, path, (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC),
		       0600L);
	if (fd < 0)
		return probe_unknown((int)-fd, "openat", "the project takes no file");
	look_close((int)fd);
	r = probe_denied((int)-e, "mknodat", "%s", probe_errno_name((int)-e));
	e = look_own_ns(CLONE_NEWNS);
	if (e == 0 && probe_sys(SYS_mount, "/dev/zero", path, NULL, (long)MS_BIND, NULL) == 0) {
		if (gives_zero(path))
			r = probe_allowed("mount MS_BIND",
					  "a node was bound over a file of the project, and read");
		probe_sys(SYS_umount2, path, 2L);
	}
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
	return r;
}

PROBE("dev-node-project", "no device node can be brought into the project")
{
	LOOK_NEED(project, "CANARY_PROJECT");
	return probe_in_child(bring, NULL, 5);
}
