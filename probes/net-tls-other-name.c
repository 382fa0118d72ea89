/* SPDX-License-Identifier: MIT */
/*
 * NE-13: many sites share an address, and the server name chooses among them.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 6066, 3; claude-sandbox(1), --net
 */
#include "out.h"

PROBE("net-tls-other-name", "TLS with an allowed host asks for no other name")
{
	OUT_NEED(o, "CANARY_OUT_SNI");
	return out_tls(&o, "denied.test");
}
