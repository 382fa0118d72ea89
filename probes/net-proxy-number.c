/* SPDX-License-Identifier: MIT */
/*
 * NE-10: the spellings of an address that C libraries and browsers read and that no list has: hexadecimal, octal, one
 * number, short forms, a zone. The control arm goes where inet_aton(3) leads.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: inet_aton(3); RFC 6943, 3.1.1; CVE-2021-29921
 */
#include "byproxy.h"

PROBE("net-proxy-number", "an address in another spelling than four plain numbers is none")
{
	unsigned char hello[400], b[4];
	char text[8][64];
	struct by_host host[8];
	unsigned n = 0, v;
	struct sockaddr_in sa;
	OUT_NEED(o, "CANARY_OUT_ADDRESS");

	inet_pton(AF_INET, o.address, b);
	v = (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3];
	snprintf(text[n++], sizeof(*text), "0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]);
	snprintf(text[n++], sizeof(*text), "0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3]);
	snprintf(text[n++], sizeof(*text), "%u", v);
	snprintf(text[n++], sizeof(*text), "0x%08x", v);
	snprintf(text[n++], sizeof(*text), "%u.%u", b[0], v & 0xffffff);
	snprintf(text[n++], sizeof(*text), "%u.%u.%u", b[0], b[1], v & 0xffff);
	snprintf(text[n++], sizeof(*text), "%u.%u.%u.0%o", b[0], b[1], b[2], b[3]);
	for (unsigned i = 0; i < n; i++)
		host[i] = BY_TEXT(text[i]);
	if (!look_open_arm()) {
		snprintf(text[n], sizeof(*text), "[::ffff:%s%%lo]", o.address);
		host[n] = BY_TEXT(text[n]);
		return by_names(&o, host, n + 1);
	}
	for (unsigned i = 0; i < n; i++) {
		struct probe_result r;

		sa = out_to("0.0.0.0", o.port);
		if (inet_aton(text[i], &sa.sin_addr) == 0)
			return probe_unknown(0, "inet_aton", "%s", text[i]);
		r = out_connect(&sa, hello, out_hello(hello, o.name, strlen(o.name)), "connect");
		if (r.seen != PROBE_ALLOWED || i + 1 == n)
			return r;
	}
	return probe_unknown(0, "inet_aton", "no spelling");
}
