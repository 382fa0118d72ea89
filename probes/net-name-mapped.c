/* SPDX-License-Identifier: MIT */
/*
 * NE-07: an allowed name that leads to the metadata service in IPv6 as ::ffff:; straight and through the proxy.
 *
 * Remedy: egress refuses such addresses, when it connects, for every name.
 * See: RFC 4291, 2.5.5.2; claude-sandbox(1), --allow-host
 */
#include "byproxy.h"

PROBE("net-name-mapped",
      "an allowed name that leads to the metadata service of a cloud as an IPv4-mapped address leads nowhere")
{
	struct probe_result r;
	OUT_NEED(o, "CANARY_OUT_MAPPED");

	r = out_text(&o, "?");
	for (unsigned way = 0; way < BY_WAYS && r.seen == PROBE_DENIED && !look_open_arm(); way++)
		r = by_tunnel(way, &o, BY_TEXT(o.name), "?", 1);
	return r;
}
