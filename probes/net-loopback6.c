/* SPDX-License-Identifier: MIT */
/*
 * NE-06: the same over IPv6.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: network_namespaces(7)
 */
#include "sock.h"

PROBE("net-loopback6", "a service on the host's ::1 cannot be reached")
{
	long port = probe_input_long("CANARY_TCP6");

	if (port < 0)
		return probe_na("needs CANARY_TCP6");
	return sock_tcp6("::1", port);
}
