/* SPDX-License-Identifier: MIT */
/*
 * A proxy that refuses everybody is none, and what it refuses the probes then shows nothing.
 *
 * Remedy: look at what claude-sandbox says about the network when it starts with -v.
 * See: claude-sandbox(1), --allow-host
 */
#include "byproxy.h"

PROBE("ok-proxy", "the proxy leads to an allowed host, by CONNECT, by SOCKS and by a request")
{
	unsigned char hello[400];
	struct probe_result r = { 0 };

	OUT_NEED(tls, "CANARY_OUT_TLS");
	OUT_NEED(http, "CANARY_OUT_HTTP");
	if (!look_open_arm()) {
		int fd = by_dial(&r);

		if (fd < 0)
			return probe_denied(r.err, "the proxy", "it takes no connection");
		look_close(fd);
	}
	for (unsigned way = 0; way < BY_WAYS; way++) {
		r = by_tunnel(way, &tls, BY_TEXT(tls.name), hello,
			      out_hello(hello, tls.name, strlen(tls.name)));
		if (r.seen != PROBE_ALLOWED)
			return r;
	}
	return by_request(&http, "GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n\r\n");
}
