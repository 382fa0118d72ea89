/* SPDX-License-Identifier: MIT */
/*
 * NE-02: a documentation address, with a hop limit of 1 so that nothing
 * goes further than the first router. A connect that only times out has
 * sent its packet.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: RFC 5737; connect(2) ENETUNREACH
 */
#include "wayout.h"

PROBE("net-tcp-direct", "a TCP connection to an address outside has no route")
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons(443),
		.sin_addr.s_addr = htonl(0xcb007101),
	};

	LOOK_NEED(route, "CANARY_ROUTE");
	return wayout_tcp(&sa, sizeof(sa));
}
