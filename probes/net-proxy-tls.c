/* SPDX-License-Identifier: MIT */
/*
 * NE-13: a tunnel to an allowed host, and in it TLS that asks for another name.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 6066, 3; claude-sandbox(1), --net
 */
#include "byproxy.h"

PROBE("net-proxy-tls", "in a tunnel of the proxy TLS asks for no other name")
{
	unsigned char hello[400];
	struct probe_result r = { 0 };
	OUT_NEED(o, "CANARY_OUT_BY_SNI");

	for (unsigned way = 0; way < BY_WAYS; way++) {
		r = by_tunnel(way, &o, BY_TEXT(o.name), hello, out_hello(hello, "denied.test", 11));
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return r;
}
