/* SPDX-License-Identifier: MIT */
/*
 * NE-12: behind a good request to the proxy comes one for somebody else, on the same connection.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9112, 9.3; claude-sandbox(1), --net
 */
#include "byproxy.h"

PROBE("net-proxy-second-request", "each request to the proxy is judged by itself")
{
	OUT_NEED(o, "CANARY_OUT_BY_SECOND");
	return by_request(&o, "GET http://by-second.test/ HTTP/1.1\r\nHost: by-second.test\r\n\r\n"
			      "GET http://denied.test/ HTTP/1.1\r\nHost: denied.test\r\n\r\n");
}
