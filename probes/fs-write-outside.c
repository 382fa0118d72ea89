/* SPDX-License-Identifier: MIT */
/*
 * FS-01: a name of our own, made with O_EXCL and removed again, in the
 * system directories and in a directory of the caller that anyone may
 * write. Of the lesser ones a private tmpfs does not count; /, /usr and
 * /etc take no file whatever they are.
 *
 * Remedy: bind the system read-only, everything else not at all.
 * See: mount(8) bind, ro
 */
#include "look.h"

#include <sys/vfs.h>

static const char *const dirs[] = {
	"/usr", "/", "/etc", "/usr/local/bin", "/boot", "/opt", "/var", "/srv", "/nix/store", "/home", NULL,
};

/* 1: made on a file system that is not private, 0: private, else -errno. */
static int make_file(const char *dir, bool strict)
{
	char path[LOOK_PATH];
	struct statfs fs = { 0 };
	long fd = probe_sys(SYS_openat, (long)AT_FDCWD, look_fresh(path, dir),
			    (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), 0600L);

	if (fd < 0)
		return (int)fd;
	probe_sys(SYS_fstatfs, fd, &fs);
	look_close((int)fd);
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
	return strict || fs.f_type != 0x01021994 ? 1 : 0;
}

PROBE("fs-write-outside", "no file can be made outside the project")
{
	const char *outside = probe_input("CANARY_OUTSIDE");
	int first = 0, r = outside == NULL ? 0 : make_file(outside, true);

	if (r == 1)
		return probe_allowed("openat",
				     "made a file in the caller's own directory outside the project");
	for (int i = 0; dirs[i] != NULL; i++) {
		r = make_file(dirs[i], i < 3);
		if (r == 1)
			return probe_allowed("openat", "made a file in %s", dirs[i]);
		if (i == 0)
			first = -r;
	}
	return probe_denied(first, "openat", "/usr: %s, and none of the others", probe_errno_name(first));
}
