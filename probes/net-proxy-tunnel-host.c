/* SPDX-License-Identifier: MIT */
/*
 * NE-12: a tunnel to port 80 of an allowed host, and in it a request for another one.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9110, 9.3.6; claude-sandbox(1), --net
 */
#include "byproxy.h"

PROBE("net-proxy-tunnel-host", "in a tunnel of the proxy to port 80 a request names no other host")
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: denied.test\r\n\r\n";
	struct probe_result r = { 0 };
	OUT_NEED(o, "CANARY_OUT_BY_TUNNEL");

	for (unsigned way = 0; way < BY_WAYS; way++) {
		r = by_tunnel(way, &o, BY_TEXT(o.name), text, sizeof(text) - 1);
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return r;
}
