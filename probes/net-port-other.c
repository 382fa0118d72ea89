/* SPDX-License-Identifier: MIT */
/*
 * NE-06: the neighbour of a port that was asked for, by the spellings of the loopback.
 *
 * Remedy: --host-port opens the ports that it names: claude-sandbox --dry-run shows them.
 * See: claude-sandbox(1), --host-port
 */
#include "out.h"

PROBE("net-port-other", "beside a port of the host that was asked for no other can be reached")
{
	static const char *const to[] = { "127.0.0.1", "127.0.0.2", "0.0.0.0" };
	long port = probe_input_long("CANARY_OUT_CLOSED");
	struct probe_result r = { 0 };

	if (port < 0)
		return probe_na("%s", probe_input("CANARY_OUT_WHY") != NULL ? probe_input("CANARY_OUT_WHY")
									    : "needs CANARY_OUT_CLOSED");
	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		r = sock_tcp4(to[i], port);
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return r;
}
