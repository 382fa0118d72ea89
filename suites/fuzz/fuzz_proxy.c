/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a client of the proxy, from its first to its last, as connproxy.c reads them: an answer stays with more
 * bytes, a wish has a host and a port, a request goes on as one for that host alone. The first byte is the size of
 * the pieces.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "egress/proxy.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void answers(const struct proxy *p, const struct proxy_said *said, enum proxy_result r)
{
	char out[PROXY_ANSWER_MAX];

	if (r == PROXY_BAD) {
		size_t n = proxy_answer(p, PROXY_MISTAKEN, 0, said->why, said, out);

		check(*said->why != '\0' && n < sizeof(out));
		check(p->kind != PROXY_HTTP || (n > 12 && memcmp(out, "HTTP/1.1 ", 9) == 0 && out[9] >= '4'));
		return;
	}
	check(proxy_answer(p, PROXY_REFUSED, 0, "x", NULL, out) > 0 &&
	      (p->kind == PROXY_HTTP ? memcmp(out, "HTTP/1.1 403 ", 13) == 0 : out[1] == SOCKS_NOT_ALLOWED));
	check(proxy_answer(p, PROXY_LOST, ECONNREFUSED, "x", NULL, out) > 0);
	check(proxy_answer(p, PROXY_DONE, 0, "", NULL, out) > 0);
}

/* A request's head on its way to the host. The bytes behind it that may go unseen. */
static uint64_t onward(struct proxy *p, const char *buf)
{
	static const struct httphead_onward how;
	struct hostname host = p->http.head.host;
	bool body = p->http.head.framing != HTTPHEAD_NO_BODY;
	size_t size = p->http.head.len + REQUESTS_GROWTH, n;
	AUTO_FREE char *out = xmalloc(size);
	struct httphead again = { 0 };
	uint64_t allow = 0;

	n = requests_rewrite(&p->http, buf, &how, out, size, &allow);
	check(n > 0 && n <= size);
	/* One that was as long as can be, or of as many fields, may have grown. */
	if (n > HTTPHEAD_MAX || (httphead_parse(&again, out, n) == HTTPHEAD_BAD && again.status == 431))
		return allow;
	again = (struct httphead){ 0 };
	check(httphead_parse(&again, out, n) == HTTPHEAD_DONE && again.len == n &&
	      hostname_equal(&again.host, &host) && again.form != HTTPHEAD_ABSOLUTE &&
	      again.form != HTTPHEAD_CONNECT);
	/* Nothing comes behind a body. */
	check(!body || (again.close && p->http.last));
	return allow;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy p = { 0 };
	AUTO_FREE char *all = NULL;
	size_t at = 0, step;

	if (size < 2 || size > 2 * HTTPHEAD_MAX)
		return 0;
	step = 1 + data[0];
	size--;
	all = xmemdup(data + 1, size);
	while (at < size) {
		enum proxy_result r = PROXY_WAIT;
		struct proxy_said said = { 0 };
		size_t got = 0;

		while (r == PROXY_WAIT && got < size - at) {
			AUTO_FREE char *copy = NULL;

			got = got + step < size - at ? got + step : size - at;
			copy = xmemdup(all + at, got);
			r = proxy_look(&p, copy, got, &said);
		}
		check(said.used <= got && said.reply.n <= SOCKS_REPLY_MAX);
		if (r != PROXY_WAIT && r != PROXY_STEP && r != PROXY_BODY)
			answers(&p, &said, r);
		if (r == PROXY_TUNNEL || r == PROXY_REQUEST)
			check(said.host.kind != HOSTNAME_NONE && said.port > 0);
		if (r == PROXY_BAD || r == PROXY_WAIT || r == PROXY_TUNNEL)
			return 0;
		if (r == PROXY_STEP) {
			check(said.used > 0 && said.reply.n == 2);
			at += said.used;
		} else if (r == PROXY_BODY) {
			check(said.allow > 0 && said.allow <= got);
			at += said.allow;
		} else {
			size_t head = p.http.head.len;
			uint64_t body = onward(&p, all + at);

			check(head > 0 && head <= got);
			at += head;
			at = body < size - at ? at + (size_t)body : size;
		}
	}
	return 0;
}
