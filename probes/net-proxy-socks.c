/* SPDX-License-Identifier: MIT */
/*
 * NE-10: everybody who is not on the list, asked for by name: the proxy resolves, not we.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 1928; claude-sandbox(1), --allow-host
 */
#include "byproxy.h"

PROBE("net-proxy-socks", "SOCKS leads to no host that no rule allows")
{
	unsigned char hello[400];
	OUT_NEED(o, "CANARY_OUT_DENIED");

	return by_tunnel(BY_SOCKS, &o, BY_TEXT(o.name), hello, out_hello(hello, o.name, strlen(o.name)));
}
