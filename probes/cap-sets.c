/* SPDX-License-Identifier: MIT */
/*
 * Inheritable, permitted, effective, bounding and ambient, from the kernel's own account.
 * Remedy: Bubblewrap must drop every capability (--cap-drop ALL), and nothing may give one back:
 *   look at the plan with --dry-run.
 * See: capabilities(7), proc_pid_status(5)
 */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

PROBE("cap-sets", "no capability in any of the five sets")
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
	static char buf[8192];
	char got[160] = "";
	long r = probe_read_file("/proc/self/status", buf, sizeof(buf));

	if (r <= 0)
		return probe_unknown((int)-r, "read /proc/self/status", "not readable");
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		char *p = strstr(buf, sets[i]);
		unsigned long v = p != NULL ? strtoul(p + 7, NULL, 16) : 0;

		if (p == NULL)
			return probe_unknown(0, "read /proc/self/status", "no line %s", sets[i]);
		if (v != 0)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s=%lx", sets[i], v);
	}
	if (got[0] != '\0')
		return probe_allowed("/proc/self/status", "capabilities:%s", got);
	return probe_denied(0, "/proc/self/status", "all five sets are empty");
}
