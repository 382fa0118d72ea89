/* SPDX-License-Identifier: MIT */
/*
 * NE-12: behind a good request comes one for somebody else.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9112, 9.3; claude-sandbox(1), --net
 */
#include "out.h"

PROBE("net-http-second-request", "each request of a connection is judged by itself")
{
	OUT_NEED(o, "CANARY_OUT_SECOND");
	return out_text(&o, "GET / HTTP/1.1\r\nHost: second.test\r\n\r\n"
			    "GET / HTTP/1.1\r\nHost: denied.test\r\n\r\n");
}
