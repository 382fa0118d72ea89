/* SPDX-License-Identifier: MIT */
/*
 * NE-10: *.wild.test is allowed, and one of them is not.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: claude-sandbox(1), --deny-host
 */
#include "out.h"

PROBE("net-host-deny-rule", "a deny rule holds below a wildcard that allows")
{
	OUT_NEED(o, "CANARY_OUT_WILD");
	return out_tls(&o, o.name);
}
