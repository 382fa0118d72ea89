/* SPDX-License-Identifier: MIT */
/*
 * NE-12: two lengths: for one reader the second request is a body, for the other a request.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9112, 6.1 and 11.2; CWE-444
 */
#include "out.h"

PROBE("net-http-smuggle", "no request is smuggled in what may be a body")
{
	OUT_NEED(o, "CANARY_OUT_SMUGGLE");
	return out_text(&o, "POST / HTTP/1.1\r\nHost: smuggle.test\r\nContent-Length: 51\r\n"
			    "Transfer-Encoding: chunked\r\n\r\n"
			    "0\r\n\r\nGET / HTTP/1.1\r\nHost: denied.test\r\n\r\n");
}
