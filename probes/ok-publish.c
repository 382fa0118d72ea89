/* SPDX-License-Identifier: MIT */
/*
 * A server inside, and its port on the machine.
 *
 * Remedy: look at what claude-sandbox says about the port when it starts.
 * See: claude-sandbox(1), --publish
 */
#include "call.h"

PROBE("ok-publish", "a port inside that is published can be reached from the machine")
{
	long port = probe_input_long("CANARY_OUT_PUBLISHED_PORT");
	OUT_NEED(o, "CANARY_OUT_PUBLISHED");

	return call_ask(&o, port);
}
