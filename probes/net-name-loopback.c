/* SPDX-License-Identifier: MIT */
/*
 * NE-15: whoever serves the name chooses the address.
 *
 * Remedy: egress judges the address too, when it connects: such a rule needs the very address.
 * See: claude-sandbox(1), --allow-host
 */
#include "out.h"

PROBE("net-name-loopback", "an allowed name that leads to the loopback of the host leads nowhere")
{
	OUT_NEED(o, "CANARY_OUT_LOOP");
	return out_text(&o, "?");
}
