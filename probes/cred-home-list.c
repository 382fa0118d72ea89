/* SPDX-License-Identifier: MIT */
/*
 * HC-05: the directory that holds the homes, read for the name of another
 * user's.
 *
 * Remedy: let the home's parent be an empty directory of the sandbox.
 * See: readdir(3)
 */
#include "look.h"

PROBE("cred-home-list", "the names of other homes cannot be listed")
{
	const char *slash;
	char dir[LOOK_PATH];
	struct dirent *e;
	bool found = false;
	DIR *d;

	LOOK_NEED(other, "CANARY_OTHER_HOME");
	slash = strrchr(other, '/');
	if (slash == NULL)
		return probe_na("CANARY_OTHER_HOME is not absolute");
	snprintf(dir, sizeof(dir), "%.*s/", (int)(slash - other), other);
	d = opendir(dir);
	if (d == NULL)
		return probe_denied(errno, "opendir", "%.180s: %s", dir, probe_errno_name(errno));
	while ((e = readdir(d)) != NULL)
		found |= strcmp(e->d_name, slash + 1) == 0;
	closedir(d);
	return found ? probe_allowed("getdents64", "the other home is listed in %.180s", dir)
		     : probe_denied(ENOENT, "getdents64", "%.180s does not list it", dir);
}
