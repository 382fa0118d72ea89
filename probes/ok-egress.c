/* SPDX-License-Identifier: MIT */
/*
 * A network that refuses everybody is none.
 *
 * Remedy: look at what claude-sandbox says about the network when it starts with -v.
 * See: claude-sandbox(1), --allow-host
 */
#include "out.h"

PROBE("ok-egress", "a host that is allowed answers, by TLS and by HTTP")
{
	struct probe_result r;

	OUT_NEED(tls, "CANARY_OUT_TLS");
	OUT_NEED(http, "CANARY_OUT_HTTP");
	r = out_tls(&tls, tls.name);
	return r.seen == PROBE_ALLOWED ? out_text(&http, "GET / HTTP/1.1\r\nHost: good.test\r\n\r\n") : r;
}
