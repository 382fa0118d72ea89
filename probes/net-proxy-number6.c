/* SPDX-License-Identifier: MIT */
/*
 * NE-10: an address of IPv6 that no rule has, in the spellings that C libraries and URLs know: zeros written out, upper
 * case, the tail as one of IPv4, a zone, without brackets, and by SOCKS as a name. The control arm goes where
 * inet_pton(3) leads.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 4291, 2.2; RFC 6874; RFC 5952
 */
#include "byproxy.h"

PROBE("net-proxy-number6", "an address of IPv6 that no rule allows has no spelling that is allowed")
{
	struct in6_addr a;
	struct sockaddr_in6 sa;
	char text[8][INET6_ADDRSTRLEN + 16];
	struct by_host host[8];
	struct probe_result r = { 0 };
	unsigned n = 0;
	OUT_NEED(o, "CANARY_OUT_ADDRESS6");

	inet_pton(AF_INET6, o.address, &a);
	for (unsigned at = 0, i = 0; i < 16; i += 2)
		at += (unsigned)snprintf(text[n] + at, sizeof(*text) - at, "%s%02x%02x", i > 0 ? ":" : "[",
					 a.s6_addr[i], a.s6_addr[i + 1]);
	strcat(text[n++], "]");
	snprintf(text[n], sizeof(*text), "[%s]", o.address);
	for (char *p = text[n]; *p != '\0'; p++)
		*p = (char)(*p >= 'a' && *p <= 'f' ? *p - 'a' + 'A' : *p);
	n++;
	snprintf(text[n++], sizeof(*text), "[%x:%x::%u.%u.%u.%u]", a.s6_addr[0] << 8 | a.s6_addr[1],
		 a.s6_addr[2] << 8 | a.s6_addr[3], a.s6_addr[12], a.s6_addr[13], a.s6_addr[14],
		 a.s6_addr[15]);
	for (unsigned i = 0; i < n && look_open_arm(); i++) {
		text[i][strlen(text[i]) - 1] = '\0';
		sa = out_to6(text[i] + 1, o.port);
		if (memcmp(&sa.sin6_addr, &a, sizeof(a)) != 0)
			return probe_unknown(0, "inet_pton", "%s", text[i] + 1);
		r = out_connect(&sa, "?", 1, "connect");
		if (r.seen != PROBE_ALLOWED || i + 1 == n)
			return r;
	}
	snprintf(text[n++], sizeof(*text), "[%s%%25lo]", o.address);
	snprintf(text[n++], sizeof(*text), "[%s%%lo]", o.address);
	snprintf(text[n++], sizeof(*text), "%s", o.address);
	for (unsigned i = 0; i < n; i++)
		host[i] = BY_TEXT(text[i]);
	return by_names(&o, host, n);
}
