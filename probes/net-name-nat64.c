/* SPDX-License-Identifier: MIT */
/*
 * NE-07: an allowed name that leads to the metadata service by the prefix of NAT64; straight and through the proxy.
 *
 * Remedy: egress refuses such addresses, when it connects, for every name.
 * See: RFC 6052, 2.1; claude-sandbox(1), --allow-host
 */
#include "byproxy.h"

PROBE("net-name-nat64",
      "an allowed name that leads to the metadata service of a cloud by NAT64 leads nowhere")
{
	struct probe_result r;
	OUT_NEED(o, "CANARY_OUT_NAT64");

	r = out_text(&o, "?");
	for (unsigned way = 0; way < BY_WAYS && r.seen == PROBE_DENIED && !look_open_arm(); way++)
		r = by_tunnel(way, &o, BY_TEXT(o.name), "?", 1);
	return r;
}
