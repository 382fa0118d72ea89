/* SPDX-License-Identifier: MIT */
/*
 * NE-10: everybody who is not on the list.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: claude-sandbox(1), --allow-host
 */
#include "out.h"

PROBE("net-host-denied", "a host that no rule allows has no name and no address")
{
	OUT_NEED(o, "CANARY_OUT_DENIED");
	return out_tls(&o, o.name);
}
