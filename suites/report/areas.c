/* SPDX-License-Identifier: MIT */
/* The areas of probes, in the order of a report. */
#include "report/areas.h"

#include <string.h>

const struct area areas[] = {
	{ "ok", "the sandbox works" },
	{ "fs", "filesystem" },
	{ "cred", "home and credentials" },
	{ "agent", "Claude configuration" },
	{ "env", "environment" },
	{ "ns", "namespaces" },
	{ "cap", "capabilities" },
	{ "sys", "system calls" },
	{ "kern", "kernel interfaces" },
	{ "fd", "descriptors" },
	{ "tty", "terminal" },
	{ "dev", "devices" },
	{ "ipc", "sockets and IPC" },
	{ "net", "network" },
	{ "git", "git" },
	{ "cmd", "commands" },
	{ "res", "limits" },
	{ "wsl", "WSL2" },
	{ NULL, "other" },
};

static bool area_match(const char *prefix, const char *id)
{
	size_t n = strlen(prefix);

	return strncmp(id, prefix, n) == 0 && id[n] == '-';
}

bool area_has(const struct area *a, const char *id)
{
	if (a->prefix != NULL)
		return area_match(a->prefix, id);
	for (const struct area *o = areas; o->prefix != NULL; o++) {
		if (area_match(o->prefix, id))
			return false;
	}
	return true;
}
