/* SPDX-License-Identifier: MIT */
/*
 * NE-10: a request with the URL of somebody who is not on the list.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9112, 3.2.2; claude-sandbox(1), --allow-host
 */
#include "byproxy.h"

PROBE("net-proxy-request", "a request to the proxy with the URL of a host that no rule allows is refused")
{
	OUT_NEED(o, "CANARY_OUT_WEB");
	return by_request(&o, "GET http://web.test/ HTTP/1.1\r\nHost: web.test\r\n\r\n");
}
