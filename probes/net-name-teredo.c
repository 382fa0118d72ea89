/* SPDX-License-Identifier: MIT */
/*
 * NE-07: an allowed name that leads to the metadata service by Teredo, whose addresses hold it twice; straight and through the proxy.
 *
 * Remedy: egress refuses such addresses, when it connects, for every name.
 * See: RFC 4380, 4; claude-sandbox(1), --allow-host
 */
#include "byproxy.h"

PROBE("net-name-teredo",
      "an allowed name that leads to the metadata service of a cloud by Teredo leads nowhere")
{
	struct probe_result r;
	OUT_NEED(o, "CANARY_OUT_TEREDO");

	r = out_text(&o, "?");
	for (unsigned way = 0; way < BY_WAYS && r.seen == PROBE_DENIED && !look_open_arm(); way++)
		r = by_tunnel(way, &o, BY_TEXT(o.name), "?", 1);
	return r;
}
