/* SPDX-License-Identifier: MIT */
/*
 * NE-20: the machine calls a port that is listened at inside, beside one that is published.
 *
 * Remedy: --publish opens the ports that it names: claude-sandbox --dry-run shows them.
 * See: claude-sandbox(1), --publish
 */
#include "call.h"

PROBE("net-publish-other", "a port inside that is not published cannot be reached from the machine")
{
	long port = probe_input_long("CANARY_OUT_UNPUBLISHED_PORT");
	OUT_NEED(o, "CANARY_OUT_UNPUBLISHED");

	return call_ask(&o, port);
}
