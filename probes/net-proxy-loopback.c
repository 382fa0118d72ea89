/* SPDX-License-Identifier: MIT */
/*
 * NE-06: the proxy stands in the network of the host: what it takes for its own loopback is the host's.
 *
 * Remedy: egress reaches the loopback of the host for no client; --host-port opens single ports of it.
 * See: claude-sandbox(1), --host-port; CWE-918
 */
#include "byproxy.h"

PROBE("net-proxy-loopback", "the proxy does not lead to the loopback of the host")
{
	static const char *const text[] = {
		"127.0.0.1", "localhost",	   "localhost.",	   "a.localhost",  "0.0.0.0",
		"127.1",     "2130706433",	   "0x7f000001",	   "0177.0.0.1",   "[::1]",
		"[::]",	     "[::ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[::127.0.0.1]"
	};
	static const char socks[] = { 1, 127, 0, 0, 1 };
	struct probe_result r;
	OUT_NEED(o, "CANARY_OUT_LOOP");

	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		for (unsigned way = 0; way < BY_WAYS; way++) {
			r = by_tunnel(way, &o, BY_TEXT(text[i]), "?", 1);
			if (r.seen != PROBE_DENIED)
				return r;
		}
	return by_socks(socks, sizeof(socks), o.port, "?", 1);
}
