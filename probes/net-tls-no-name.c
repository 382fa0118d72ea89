/* SPDX-License-Identifier: MIT */
/*
 * NE-13: without a name the server chooses, or reads it where it is encrypted.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 6066, 3; claude-sandbox(1), --net
 */
#include "out.h"

PROBE("net-tls-no-name", "TLS with an allowed host says its name")
{
	OUT_NEED(o, "CANARY_OUT_NO_SNI");
	return out_tls(&o, NULL);
}
