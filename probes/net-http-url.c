/* SPDX-License-Identifier: MIT */
/*
 * NE-10: at port 80 of an allowed host a request with the URL of another, as one for a proxy.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9112, 3.2.2
 */
#include "out.h"

PROBE("net-http-url", "a request to an allowed host has no URL of another one")
{
	OUT_NEED(o, "CANARY_OUT_URL");
	return out_text(&o, "GET http://denied.test/ HTTP/1.1\r\nHost: denied.test\r\n\r\n");
}
