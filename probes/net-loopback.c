/* SPDX-License-Identifier: MIT */
/*
 * NE-06: databases, language servers and debug ports of the host trust who
 * comes over loopback.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: network_namespaces(7)
 */
#include "sock.h"

PROBE("net-loopback", "a service on the host's 127.0.0.1 cannot be reached")
{
	long port = probe_input_long("CANARY_TCP");

	if (port < 0)
		return probe_na("needs CANARY_TCP");
	return sock_tcp4("127.0.0.1", port);
}
