/* SPDX-License-Identifier: MIT */
/*
 * id shows only the overflow group inside, yet the kernel keeps the caller's groups: what they
 * open must not be visible.
 * Remedy: Hide what your groups (docker, adm, disk ...) open: take the directory out of the
 *   binds, or start the tool without those groups.
 * See: user_namespaces(7) on setgroups, CVE-2014-8989
 */
#include "probe.h"

#include <errno.h>

PROBE("cap-groups", "a file that only a supplementary group opens can't be read")
{
	const char *path = probe_input("CANARY_GROUP_FILE");
	int err;

	if (path == NULL || probe_input("CANARY_TEXT") == NULL)
		return probe_na("needs %s", path == NULL ? "CANARY_GROUP_FILE" : "CANARY_TEXT");
	if (probe_file_has_canary(path, &err))
		return probe_allowed("read", "the canary was read through a group that id does not show");
	if (err == 0)
		return probe_unknown(0, "read", "readable, but not the canary");
	return probe_denied(err, "read", "not readable");
}
