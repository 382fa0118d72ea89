/* SPDX-License-Identifier: MIT */
/*
 * NE-16: the pages that proxies have for whoever may configure them, and the ports of the gateway itself, through the
 * proxy.
 *
 * Remedy: make install, or the package again: egress has no such interface.
 * See: CWE-441; claude-sandbox(1), --net
 */
#include "byproxy.h"

PROBE("net-proxy-own", "the proxy has no pages of its own, and leads to nothing of its own")
{
	static const char *const page[] = {
		"GET / HTTP/1.1\r\nHost: 198.18.0.1:3128\r\n\r\n",
		"GET /proxy.pac HTTP/1.1\r\nHost: 198.18.0.1:3128\r\n\r\n",
		"GET /stats HTTP/1.0\r\nHost: localhost\r\n\r\n",
		"GET cache_object://localhost/info HTTP/1.0\r\nHost: localhost\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: 198.18.0.1:3128\r\n\r\n",
		"TRACE http://good.test/ HTTP/1.1\r\nHost: 198.18.0.1:3128\r\n\r\n",
		"GET http://198.18.0.1:3128/ HTTP/1.1\r\nHost: 198.18.0.1:3128\r\n\r\n",
	};
	static const struct {
		const char *host;
		unsigned port;
	} own[] = { { "198.18.0.1", 3128 }, { "198.18.0.1", 53 }, { "[fd63:7362:1::1]", 3128 } };
	struct probe_result r;
	OUT_NEED(o, "CANARY_OUT_HTTP");

	if (look_open_arm())
		return out_text(&o, page[0]);
	for (size_t i = 0; i < sizeof(page) / sizeof(*page); i++) {
		int fd = by_dial(&r);

		if (fd < 0)
			return r;
		if (by_wish(fd, page[i], strlen(page[i]), 0, "request", &r))
			r = probe_allowed("request", "request %zu: the proxy answered with a page", i + 1);
		look_close(fd);
		if (r.seen != PROBE_DENIED)
			return r;
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		r = by_connect(BY_TEXT(own[i].host), own[i].port, page[0], strlen(page[0]));
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return r;
}
