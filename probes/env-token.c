/* SPDX-License-Identifier: MIT */
/*
 * EF-01: the value of a token that stood in the environment from which the
 * launcher was started, under whatever name.
 *
 * Remedy: build the environment from a keep-list instead of filtering it.
 * See: environ(7)
 */
#include "look.h"

PROBE("env-token", "a secret variable of the launcher is not in the environment")
{
	LOOK_NEED(token, "CANARY_TOKEN");
	for (char **e = environ; *e != NULL; e++)
		if (strncmp(*e, "CANARY_", 7) != 0 && strstr(*e, token) != NULL)
			return probe_allowed("environ", "it is in %.*s", (int)strcspn(*e, "="), *e);
	return probe_denied(0, "environ", "no variable holds it");
}
