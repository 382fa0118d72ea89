/* SPDX-License-Identifier: MIT */
/*
 * FS-21: the file that the mask setting covers, by its path and through the
 * working directory.
 *
 * Remedy: put an empty file over it after the bind of the project.
 * See: mount_namespaces(7)
 */
#include "look.h"

PROBE("fs-masked", "a masked file of the project cannot be read")
{
	char path[LOOK_PATH];
	struct probe_result r;

	LOOK_NEED(file, "CANARY_MASKED");
	LOOK_NEED(project, "CANARY_PROJECT");
	r = look_canary(file);
	if (r.seen != PROBE_DENIED || !look_under(file, project))
		return r;
	return look_canary(look_join(path, "/proc/self/cwd", file + strlen(project))).seen == PROBE_ALLOWED
		   ? probe_allowed("read", "read through /proc/self/cwd")
		   : r;
}
