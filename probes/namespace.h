/* SPDX-License-Identifier: MIT */
/* Namespaces, told apart by the inode of /proc/self/ns/NAME. */
#ifndef NAMESPACE_H
#define NAMESPACE_H

#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Whether this process is in the host's namespace of the kind, whose number the harness passes. */
static inline struct probe_result namespace_is_not_hosts(const char *kind)
{
	const char *host = probe_input("CANARY_NS"), *number;
	size_t len = strlen(kind);
	char path[32], step[48], link[64];
	unsigned long own;
	long n;

	if (host == NULL)
		return probe_na("needs CANARY_NS");
	while (host != NULL && (strncmp(host, kind, len) != 0 || host[len] != '=')) {
		host = strchr(host, ',');
		host = host != NULL ? host + 1 : NULL;
	}
	if (host == NULL)
		return probe_na("needs %s= in CANARY_NS", kind);
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	snprintf(step, sizeof(step), "readlink %s", path);
	n = probe_sys(SYS_readlinkat, -1L, path, link, (long)sizeof(link) - 1);
	if (n <= 0)
		return probe_unknown((int)-n, step, "no number of the own namespace");
	link[n] = '\0';
	number = strchr(link, '[');
	own = number != NULL ? strtoul(number + 1, NULL, 10) : 0;
	if (own == 0)
		return probe_unknown(0, step, "not a number: %s", link);
	if (own == strtoul(host + len + 1, NULL, 10))
		return probe_allowed(step, "%s is the host's", link);
	return probe_denied(0, step, "%s is not the host's", link);
}

#endif
