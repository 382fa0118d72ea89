/* SPDX-License-Identifier: MIT */
/*
 * NE-11: the first that is read is not the one that counts.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 9112, 3.2
 */
#include "out.h"

PROBE("net-http-two-hosts", "a request with two Host fields is refused")
{
	OUT_NEED(o, "CANARY_OUT_TWICE");
	return out_text(&o, "GET / HTTP/1.1\r\nHost: twice.test\r\nHost: denied.test\r\n\r\n");
}
