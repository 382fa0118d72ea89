/* SPDX-License-Identifier: MIT */
/*
 * NE-11: an allowed name, a NUL and another: who compares as C does sees the first.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: CVE-2009-2408; RFC 6066, 3
 */
#include "out.h"

PROBE("net-tls-nul-name", "a server name that is no host name is refused")
{
	unsigned char hello[400];
	char name[200];
	OUT_NEED(o, "CANARY_OUT_NUL");

	snprintf(name, sizeof(name), "%s!denied.test", o.name);
	name[strlen(o.name)] = '\0';
	return out_reach(&o, hello, out_hello(hello, name, strlen(o.name) + sizeof("!denied.test") - 1));
}
