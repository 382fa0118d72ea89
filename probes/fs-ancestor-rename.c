/* SPDX-License-Identifier: MIT */
/*
 * FS-05: a read-only bind of a lone file moves along when a directory above
 * it is renamed, and a new file takes its name. Each directory up to the
 * project is renamed and put back.
 *
 * Remedy: pin every ancestor by binding it on itself, or bind the directory
 *         read-only instead of the file.
 * See: mount_namespaces(7);
 *      https://github.com/anthropic-experimental/sandbox-runtime
 */
#include "look.h"

PROBE("fs-ancestor-rename", "the directories above a protected file cannot be renamed")
{
	char dir[LOOK_PATH], to[LOOK_PATH];
	long r = -ENOENT;

	LOOK_NEED(file, "CANARY_PROTECTED");
	LOOK_NEED(project, "CANARY_PROJECT");
	look_join(dir, file, "x");
	for (char *slash = strrchr(dir, '/'); slash != NULL; slash = strrchr(dir, '/')) {
		*slash = '\0';
		if (strcmp(dir, file) == 0)
			continue;
		if (!look_under(dir, project) || strcmp(dir, project) == 0)
			break;
		r = look_rename(dir, look_fresh(to, project), RENAME_NOREPLACE);
		if (r == 0) {
			look_rename(to, dir, RENAME_NOREPLACE);
			return probe_allowed("renameat2", "%.180s was renamed and put back", dir);
		}
	}
	return probe_denied((int)-r, "renameat2", "%s", probe_errno_name((int)-r));
}
