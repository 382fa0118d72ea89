/* SPDX-License-Identifier: MIT */
/*
 * NE-03: ports of DNS, NTP and QUIC at a documentation address with a hop
 * limit of 1, not connected and connected. A send that succeeds has sent,
 * unless a gateway refuses it by ICMP.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: RFC 5737; udp(7)
 */
#include "sock.h"

PROBE("net-udp-direct", "a datagram to an address outside has no route")
{
	static const unsigned short ports[] = { 53, 123, 443, 4433 };
	const int one = 1;
	int err = 0;

	LOOK_NEED(route, "CANARY_ROUTE");
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		struct sockaddr_in sa = { .sin_family = AF_INET,
					  .sin_port = htons(ports[i]),
					  .sin_addr.s_addr = htonl(0xcb007101) };
		int fd = sock_new(AF_INET, SOCK_DGRAM, 0);
		long r;
		char c;

		if (fd < 0)
			return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
		probe_sys(SYS_setsockopt, (long)fd, (long)IPPROTO_IP, (long)IP_TTL, &one, (long)sizeof(one));
		r = probe_sys(SYS_sendto, (long)fd, "", 0L, 0L, &sa, (long)sizeof(sa));
		if (r >= 0)
			r = probe_sys(SYS_connect, (long)fd, &sa, (long)sizeof(sa));
		if (r >= 0)
			r = probe_sys(SYS_sendto, (long)fd, "", 0L, 0L, NULL, 0L);
		if (r >= 0) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, look_hasty() ? 100 : 500);
			r = probe_sys(SYS_read, (long)fd, &c, 1L);
		}
		look_close(fd);
		if (r >= 0 || r == -EAGAIN)
			return probe_allowed("sendto", "port %u: the datagram left", ports[i]);
		err = (int)-r;
	}
	return probe_denied(err, "sendto", "%s", probe_errno_name(err));
}
