/* SPDX-License-Identifier: MIT */
/*
 * NE-18: a box whose list of allowed hosts is empty: a host by its name, by its address, by the proxy in each of its ways.
 * That the proxy answers shows that egress is alive: it allows nobody.
 *
 * Remedy: `--net filtered` without a rule allows no host: claude-sandbox --dry-run shows the rules.
 * See: claude-sandbox(1), --net; CVE-2025-66479
 */
#include "byproxy.h"

PROBE("net-nobody", "an empty list of hosts allows none")
{
	struct sockaddr_in sa;
	struct probe_result r;
	OUT_NEED(o, "CANARY_OUT_NONE");

	sa = out_to(o.address, o.port);
	r = out_tls(&o, o.name);
	if (r.seen == PROBE_DENIED)
		r = out_connect(&sa, "?", 1, "the address");
	if (r.seen != PROBE_DENIED || look_open_arm())
		return r;
	return by_names(&o, (struct by_host[]){ BY_TEXT(o.name), BY_TEXT(o.address) }, 2);
}
