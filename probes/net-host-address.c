/* SPDX-License-Identifier: MIT */
/*
 * NE-09: an address says nothing of who is behind it: on a shared one sits everybody.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: claude-sandbox(1), --allow-host
 */
#include "out.h"

PROBE("net-host-address", "a host that is allowed by name cannot be reached by its bare address")
{
	unsigned char hello[400];
	struct sockaddr_in sa;
	OUT_NEED(o, "CANARY_OUT_ADDRESS");

	sa = out_to(o.address, o.port);
	return out_connect(&sa, hello, out_hello(hello, o.name, strlen(o.name)), "connect");
}
