/* SPDX-License-Identifier: MIT */
/*
 * NE-06: an IPv4 address in IPv6 clothes.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: network_namespaces(7)
 */
#include "sock.h"

PROBE("net-loopback-mapped", "a service of the host cannot be reached as ::ffff:127.0.0.1")
{
	long port = probe_input_long("CANARY_TCP");

	if (port < 0)
		return probe_na("needs CANARY_TCP");
	return sock_tcp6("::ffff:127.0.0.1", port);
}
