/* SPDX-License-Identifier: MIT */
/*
 * DT-07: null, zero, full, random, urandom, tty, console, ptmx, pts and
 * shm. Every other node is named; none is opened, because opening some of
 * them acts.
 *
 * Remedy: give the sandbox a /dev of its own.
 * See: https://docs.kernel.org/admin-guide/devices.html
 */
#include "look.h"

#include <sys/stat.h>

static bool is_plain(const char *name)
{
	static const char *const plain[] = {
		"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", NULL,
	};

	for (int i = 0; plain[i] != NULL; i++)
		if (strcmp(name, plain[i]) == 0)
			return true;
	return false;
}

static unsigned look_dev(const char *dir, int depth, char *first, size_t room)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned found = 0;
	char path[LOOK_PATH];
	struct stat st;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || lstat(look_join(path, dir, e->d_name), &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < 3 && strcmp(e->d_name, "pts") != 0 &&
		    strcmp(e->d_name, "shm") != 0)
			found += look_dev(path, depth + 1, first, room);
		if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
			continue;
		if (depth == 0 && S_ISCHR(st.st_mode) && is_plain(e->d_name))
			continue;
		if (found++ == 0 && first[0] == '\0')
			snprintf(first, room, "%.100s", path);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

PROBE("dev-list", "only harmless device nodes are in /dev")
{
	char first[128] = "";
	unsigned n = look_dev("/dev", 0, first, sizeof(first));

	return n > 0 ? probe_allowed("getdents64 /dev", "%u other nodes, one is %s", n, first)
		     : probe_denied(ENOENT, "getdents64 /dev", "no other node");
}
