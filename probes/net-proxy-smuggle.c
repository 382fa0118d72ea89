/* SPDX-License-Identifier: MIT */
/*
 * NE-12: two lengths: for the proxy the second request is a body, for the host a request.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9112, 6.1 and 11.2; CWE-444
 */
#include "byproxy.h"

PROBE("net-proxy-smuggle", "no request is smuggled through the proxy in what may be a body")
{
	OUT_NEED(o, "CANARY_OUT_BY_SMUGGLE");
	return by_request(&o, "POST http://by-smuggle.test/ HTTP/1.1\r\nHost: by-smuggle.test\r\n"
			      "Transfer-Encoding: chunked\r\nContent-Length: 51\r\n\r\n"
			      "0\r\n\r\nGET / HTTP/1.1\r\nHost: denied.test\r\n\r\n");
}
