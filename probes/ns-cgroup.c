/* SPDX-License-Identifier: MIT */
/*
 * Compares the inode of the own cgroup namespace with the host's, which the harness passes; the
 * numbers of the kernel's first namespaces say nothing below Docker or WSL2.
 * Remedy: The sandbox was started without this namespace: look at the plan with --dry-run.
 * See: cgroup_namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

PROBE("ns-cgroup", "the cgroup namespace is not the host's")
{
	const char *all = probe_input("CANARY_NS"), *host;
	unsigned long own;
	char link[64];
	long n;

	if (all == NULL)
		return probe_na("needs CANARY_NS");
	for (host = all; host != NULL; host = strchr(host, ',') != NULL ? strchr(host, ',') + 1 : NULL)
		if (strncmp(host, "cgroup=", 7) == 0)
			break;
	if (host == NULL)
		return probe_na("needs cgroup= in CANARY_NS");
	n = probe_sys(SYS_readlinkat, -1L, "/proc/self/ns/cgroup", link, (long)sizeof(link) - 1);
	if (n <= 0)
		return probe_unknown((int)-n, "readlink /proc/self/ns/cgroup",
				     "no number of the own namespace");
	link[n] = '\0';
	own = strchr(link, '[') != NULL ? strtoul(strchr(link, '[') + 1, NULL, 10) : 0;
	if (own == 0)
		return probe_unknown(0, "readlink /proc/self/ns/cgroup", "not a number: %s", link);
	if (own == strtoul(host + 7, NULL, 10))
		return probe_allowed("readlink /proc/self/ns/cgroup", "%s is the host's", link);
	return probe_denied(0, "readlink /proc/self/ns/cgroup", "%s is not the host's", link);
}
