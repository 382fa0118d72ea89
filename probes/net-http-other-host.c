/* SPDX-License-Identifier: MIT */
/*
 * NE-10: a server, or a proxy in front of many, goes by Host.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9110, 7.2; claude-sandbox(1), --net
 */
#include "out.h"

PROBE("net-http-other-host", "a request to an allowed host names no other in Host")
{
	OUT_NEED(o, "CANARY_OUT_FIELD");
	return out_text(&o, "GET / HTTP/1.1\r\nHost: denied.test\r\n\r\n");
}
