/* SPDX-License-Identifier: MIT */
/*
 * NE-11: what one reader takes for an allowed host, and another for a host that no rule allows: a user name, a path,
 * NUL, escapes, what IDNA makes a dot or a letter of.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 3986, 3.2; RFC 5895, 2; CVE-2025-66479
 */
#include "byproxy.h"

PROBE("net-proxy-parser", "the proxy refuses what two readers take for two hosts")
{
	static const struct by_host host[] = {
		BY_BYTES("good.test@parser.test"),
		BY_BYTES("parser.test#.good.test"),
		BY_BYTES("parser.test/.good.test"),
		BY_BYTES("parser.test?.good.test"),
		BY_BYTES("parser.test\\.good.test"),
		BY_BYTES("parser.test\0.good.test"),
		BY_BYTES("parser.test%00.good.test"),
		BY_BYTES("parser.test\r\nX: .good.test"),
		BY_BYTES("parser.test .good.test"),
		BY_BYTES("p%61rser.test"),
		BY_BYTES("parser%2etest"),
		BY_BYTES("parser..test"),
		BY_BYTES("parser.test.."),
		BY_BYTES("[parser.test]"),
		BY_BYTES("parser\xe3\x80\x82test"), /* an ideographic full stop */
		BY_BYTES("par\xc2\xad"
			 "ser.test"), /* a soft hyphen */
		BY_BYTES("\xef\xbd\x90"
			 "arser.test"), /* a p of full width */
		BY_BYTES("xn--parser-.test"),
	};
	OUT_NEED(o, "CANARY_OUT_PARSER");

	return by_names(&o, host, sizeof(host) / sizeof(*host));
}
