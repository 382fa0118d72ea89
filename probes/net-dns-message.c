/* SPDX-License-Identifier: MIT */
/*
 * NE-08: the name itself is the message, and every resolver on the way carries it.
 *
 * Remedy: egress answers for such names itself, and asks nobody.
 * See: RFC 1035; claude-sandbox(1), --net
 */
#include "out.h"

PROBE("net-dns-message", "a question for a name that is not allowed stays here")
{
	struct sockaddr_in server = out_server();
	struct in_addr a;
	char name[100];
	int err;
	OUT_NEED(o, "CANARY_OUT_NAMES");

	snprintf(name, sizeof(name), "73656372657431.%s", o.name);
	err = out_ask(&server, name, 0, &a);
	if (err == ETIMEDOUT)
		return probe_unknown(err, "resolve", "the name server does not answer");
	return err == 0 ? probe_allowed("resolve", "the name server outside answered")
			: probe_denied(err, "resolve", "%s", probe_errno_name(err));
}
