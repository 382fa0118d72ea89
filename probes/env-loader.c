/* SPDX-License-Identifier: MIT */
/*
 * EF-03: variables that make a loader, a shell, an interpreter or git run
 * something. Each was set by the harness to a value that does nothing.
 *
 * Remedy: build the environment from a keep-list, and refuse these names in
 *         the env setting too.
 * See: ld.so(8); CVE-2021-4034; CVE-2023-4911
 */
#include "look.h"

PROBE("env-loader", "no variable that loads code came in from outside")
{
	LOOK_NEED(value, "CANARY_LOADER");
	for (char **e = environ; *e != NULL; e++)
		if (strncmp(*e, "CANARY_", 7) != 0 && strstr(*e, value) != NULL)
			return probe_allowed("environ", "%.*s came in", (int)strcspn(*e, "="), *e);
	return probe_denied(0, "environ", "none came in");
}
