/* SPDX-License-Identifier: MIT */
/*
 * FS-17: a setuid program or a device node in a writable place would be one
 * step to more. /dev itself and single device nodes are exempt from nodev.
 *
 * Remedy: let bwrap bind, it sets both; never --dev-bind a directory.
 * See: mount(8)
 */
#include "look.h"

#include <sys/stat.h>

static bool is_loose(const struct look_mount *m, void *arg)
{
	bool dev = strcmp(m->type, "devpts") == 0 || look_under(m->point, "/dev");
	struct stat st;

	if (look_has_opt(m->opts, "ro") || (dev && stat(m->point, &st) == 0 && !S_ISDIR(st.st_mode)))
		return false;
	snprintf(arg, 128, "%.100s", m->point);
	return !look_has_opt(m->opts, "nosuid") || (!look_has_opt(m->opts, "nodev") && !dev);
}

PROBE("fs-mount-flags", "every writable mount is nosuid and nodev")
{
	char point[128] = "";
	long r = look_mounts(is_loose, point);

	if (r < 0)
		return probe_unknown((int)-r, "openat mountinfo", "%s", probe_errno_name((int)-r));
	return r == 1 ? probe_allowed("mountinfo", "%s is writable and not nosuid,nodev", point)
		      : probe_denied(0, "mountinfo", "all are");
}
