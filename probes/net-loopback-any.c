/* SPDX-License-Identifier: MIT */
/*
 * NE-06: the kernel takes 0.0.0.0 for loopback: a list of forbidden
 * addresses that lacks it is void.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: network_namespaces(7)
 */
#include "sock.h"

PROBE("net-loopback-any", "a service of the host cannot be reached as 0.0.0.0")
{
	long port = probe_input_long("CANARY_TCP");

	if (port < 0)
		return probe_na("needs CANARY_TCP");
	return sock_tcp4("0.0.0.0", port);
}
