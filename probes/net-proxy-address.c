/* SPDX-License-Identifier: MIT */
/*
 * NE-10: the bare address of a host that is allowed by name, in the plain spellings of IPv4, of IPv4 in IPv6, and in
 * the types of SOCKS that hold no name.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 1928, 5; RFC 4291, 2.5.5; claude-sandbox(1), --allow-host
 */
#include "byproxy.h"

PROBE("net-proxy-address", "a host that is allowed by name has no bare address for the proxy")
{
	unsigned char hello[400];
	size_t len;
	struct probe_result r;
	struct in_addr a;
	char mapped[64], socks4[5] = { 1 }, socks6[17] = { 4, [11] = (char)0xff, [12] = (char)0xff };
	OUT_NEED(o, "CANARY_OUT_ADDRESS");

	inet_pton(AF_INET, o.address, &a);
	memcpy(socks4 + 1, &a, 4);
	memcpy(socks6 + 13, &a, 4);
	snprintf(mapped, sizeof(mapped), "[::ffff:%s]", o.address);
	r = by_names(&o, (struct by_host[]){ BY_TEXT(o.address), BY_TEXT(mapped) }, 2);
	if (r.seen != PROBE_DENIED || look_open_arm())
		return r;
	len = out_hello(hello, o.name, strlen(o.name));
	r = by_socks(socks4, sizeof(socks4), o.port, hello, len);
	return r.seen != PROBE_DENIED ? r : by_socks(socks6, sizeof(socks6), o.port, hello, len);
}
