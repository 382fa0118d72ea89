/* SPDX-License-Identifier: MIT */
/*
 * NE-07: it hands out the machine's credentials.
 *
 * Remedy: egress refuses its addresses for every name, and no route leads there.
 * See: claude-sandbox(1), --allow-host
 */
#include "out.h"

PROBE("net-metadata",
      "the metadata service of a cloud cannot be reached, by its address or by an allowed name")
{
	struct probe_result r;
	struct sockaddr_in sa;
	OUT_NEED(o, "CANARY_OUT_METADATA");

	r = out_text(&o, "?");
	if (r.seen != PROBE_DENIED)
		return r;
	sa = out_to(o.address, o.port);
	return out_connect(&sa, "?", 1, "connect");
}
