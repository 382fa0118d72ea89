/* SPDX-License-Identifier: MIT */
/*
 * NE-15: the first address is a good one that takes no connection: then the next is tried.
 *
 * Remedy: egress judges each address, when it connects.
 * See: claude-sandbox(1), --allow-host
 */
#include "out.h"

PROBE("net-name-second-address",
      "an allowed name whose second address is the loopback of the host leads nowhere")
{
	OUT_NEED(o, "CANARY_OUT_TWO");
	return out_text(&o, "?");
}
