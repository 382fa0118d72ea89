/* SPDX-License-Identifier: MIT */
/*
 * NE-05: another protocol number for the same reach: rules for TCP alone
 * miss it.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: https://docs.kernel.org/networking/mptcp.html
 */
#include "sock.h"

PROBE("net-mptcp", "a multipath TCP connection is refused too")
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long port = probe_input_long("CANARY_TCP");
	struct probe_result r;

	if (port < 0)
		return probe_na("needs CANARY_TCP");
	sa.sin_port = htons((unsigned short)port);
	r = sock_ask(AF_INET, SOCK_STREAM, 262, &sa, sizeof(sa), "connect MPTCP");
	return look_open_arm() && (r.err == EPROTONOSUPPORT || r.err == ENOPROTOOPT)
		   ? probe_na("this kernel has no multipath TCP")
		   : r;
}
