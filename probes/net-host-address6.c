/* SPDX-License-Identifier: MIT */
/*
 * NE-09: a public address of IPv6 that nobody allowed, straight and through the proxy.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 4291; claude-sandbox(1), --allow-host
 */
#include "byproxy.h"

PROBE("net-host-address6", "an address of IPv6 that no rule allows cannot be reached")
{
	struct sockaddr_in6 sa;
	struct probe_result r;
	char text[INET6_ADDRSTRLEN + 2], socks[17] = { 4 };
	OUT_NEED(o, "CANARY_OUT_ADDRESS6");

	sa = out_to6(o.address, o.port);
	r = out_connect(&sa, "?", 1, "connect");
	if (r.seen != PROBE_DENIED || look_open_arm())
		return r;
	snprintf(text, sizeof(text), "[%s]", o.address);
	r = by_connect(BY_TEXT(text), o.port, "?", 1);
	if (r.seen != PROBE_DENIED)
		return r;
	memcpy(socks + 1, &sa.sin6_addr, 16);
	return by_socks(socks, sizeof(socks), o.port, "?", 1);
}
