/* SPDX-License-Identifier: MIT */
/*
 * NE-10: a name that a rule denies below a wildcard that allows, in other cases and with the dot of the root.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 4343; RFC 3986, 3.2.2; claude-sandbox(1), --deny-host
 */
#include "byproxy.h"

PROBE("net-proxy-spelling", "a deny rule holds for each spelling of its name at the proxy")
{
	char upper[64], dot[66], mixed[64];
	OUT_NEED(o, "CANARY_OUT_WILD");

	for (size_t i = 0; i <= strlen(o.name); i++) {
		bool letter = o.name[i] >= 'a' && o.name[i] <= 'z';

		upper[i] = (char)(letter ? o.name[i] - 'a' + 'A' : o.name[i]);
		mixed[i] = i % 2 == 0 ? upper[i] : o.name[i];
	}
	snprintf(dot, sizeof(dot), "%s.", o.name);
	return by_names(&o, (struct by_host[]){ BY_TEXT(upper), BY_TEXT(mixed), BY_TEXT(dot) }, 3);
}
