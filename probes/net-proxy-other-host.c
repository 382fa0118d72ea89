/* SPDX-License-Identifier: MIT */
/*
 * NE-10: the URL is of an allowed host, Host of another: who reads one of them lets the other in.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9112, 3.2.2
 */
#include "byproxy.h"

PROBE("net-proxy-other-host", "a request to the proxy names one host, not two")
{
	OUT_NEED(o, "CANARY_OUT_BY_FIELD");
	return by_request(&o, "GET http://by-field.test/ HTTP/1.1\r\nHost: denied.test\r\n\r\n");
}
