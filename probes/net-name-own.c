/* SPDX-License-Identifier: MIT */
/*
 * NE-15: what the host serves to itself, by the address that its network knows.
 *
 * Remedy: egress asks the routes of the host, when it connects: such a rule needs the very address.
 * See: claude-sandbox(1), --allow-host
 */
#include "out.h"

PROBE("net-name-own", "an allowed name that leads to a public address of the host itself leads nowhere")
{
	OUT_NEED(o, "CANARY_OUT_OWN");
	return out_text(&o, "?");
}
