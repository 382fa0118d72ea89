/* SPDX-License-Identifier: MIT */
/*
 * NE-10: the mail service of an allowed host.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: claude-sandbox(1), --allow-host HOST:PORT
 */
#include "out.h"

PROBE("net-host-port", "a host that is allowed answers at the allowed ports alone")
{
	OUT_NEED(o, "CANARY_OUT_PORT");
	return out_text(&o, "HELO probe\r\n");
}
