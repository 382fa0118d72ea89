/* SPDX-License-Identifier: MIT */
/*
 * NE-10: the mail service of an allowed host, through the proxy.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: claude-sandbox(1), --allow-host HOST:PORT
 */
#include "byproxy.h"

PROBE("net-proxy-port", "through the proxy, too, a host answers at the allowed ports alone")
{
	struct probe_result r = { 0 };
	OUT_NEED(o, "CANARY_OUT_PORT");

	for (unsigned way = 0; way < BY_WAYS; way++) {
		r = by_tunnel(way, &o, BY_TEXT(o.name), "HELO probe\r\n", 12);
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return r;
}
