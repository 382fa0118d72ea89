/* SPDX-License-Identifier: MIT */
/*
 * NE-13: a tunnel to an allowed host that says no name at all.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 4253, 4.2; claude-sandbox(1), --net
 */
#include "out.h"

PROBE("net-tls-not", "what is not TLS does not pass at port 443")
{
	OUT_NEED(o, "CANARY_OUT_PLAIN");
	return out_text(&o, "SSH-2.0-probe\r\n");
}
