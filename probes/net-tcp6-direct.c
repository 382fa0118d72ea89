/* SPDX-License-Identifier: MIT */
/*
 * NE-02: a documentation address, with a hop limit of 1.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: RFC 3849; connect(2) ENETUNREACH
 */
#include "wayout.h"

PROBE("net-tcp6-direct", "a TCP connection over IPv6 to an address outside has no route")
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons(443) };

	LOOK_NEED(route, "CANARY_ROUTE6");
	inet_pton(AF_INET6, "2001:db8::1", &sa.sin6_addr);
	return wayout_tcp(&sa, sizeof(sa));
}
