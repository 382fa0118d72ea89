/* SPDX-License-Identifier: MIT */
/*
 * NE-06: the listener of the harness by the address that the host has on
 * its interface, and by the aliases that user-mode networks give to the
 * host.
 *
 * Remedy: refuse private, link-local and own addresses in the egress relay.
 * See: slirp4netns(1); passt(1) --map-gw
 */
#include "sock.h"

PROBE("net-lan", "a service on the host's own address in the network cannot be reached")
{
	static const char *const aliases[] = { "10.0.2.2", "169.254.1.1", "169.254.1.2", "10.0.2.3", NULL };
	struct probe_result r;
	char address[64];
	long port;

	LOOK_NEED(lan, "CANARY_LAN");
	if (sscanf(lan, "%63[^:]:%ld", address, &port) != 2)
		return probe_na("CANARY_LAN is not ADDRESS:PORT");
	r = sock_tcp4(address, port);
	for (int i = 0; aliases[i] != NULL && r.seen == PROBE_DENIED; i++) {
		struct probe_result alias = sock_tcp4(aliases[i], port);

		if (alias.seen == PROBE_ALLOWED)
			return alias;
	}
	return r;
}
