/* SPDX-License-Identifier: MIT */
/* Any bytes as a SOCKS client: an answer that is not "more" stays with more bytes; a good request names one host. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "egress/socks.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* The bytes of the greeting; 0: none. */
static size_t greet(const uint8_t *buf, size_t n)
{
	enum socks_result r = SOCKS_MORE;
	size_t used = 0;

	for (size_t part = 0; part <= n && r == SOCKS_MORE; part++) {
		AUTO_FREE uint8_t *copy = xmemdup(buf, part > 0 ? part : 1);
		struct socks_reply reply, all;
		size_t all_used;

		r = socks_greeting(copy, part, &used, &reply);
		check(r != SOCKS_MORE || (reply.n == 0 && used == 0 && part < SOCKS_REQUEST_MAX));
		check(r != SOCKS_DONE || (reply.n == 2 && reply.byte[1] == 0 && used == part));
		if (r != SOCKS_MORE)
			check(socks_greeting(buf, n, &all_used, &all) == r && all_used == used &&
			      memcmp(&all, &reply, sizeof(all)) == 0);
	}
	return used;
}

static void request(const uint8_t *buf, size_t n)
{
	enum socks_result r = SOCKS_MORE;

	for (size_t part = 0; part <= n && r == SOCKS_MORE; part++) {
		AUTO_FREE uint8_t *copy = xmemdup(buf, part > 0 ? part : 1);
		struct hostname h, again;
		struct socks_reply reply;
		uint16_t port, all_port;
		size_t used;

		r = socks_request(copy, part, &used, &h, &port, &reply);
		check(r != SOCKS_MORE || part < SOCKS_REQUEST_MAX);
		check(reply.n == (r == SOCKS_BAD ? 10 : 0) && (r == SOCKS_DONE) == (used > 0));
		check((r == SOCKS_DONE) == (h.kind != HOSTNAME_NONE) && (r == SOCKS_DONE) == (port > 0));
		if (r != SOCKS_DONE)
			continue;
		check(used == part && hostname_parse(h.text, h.len, true, &again, NULL) &&
		      hostname_equal(&h, &again));
		check(socks_request(buf, n, &used, &again, &all_port, &reply) == SOCKS_DONE && used == part &&
		      hostname_equal(&h, &again) && port == all_port);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE uint8_t *all = xmemdup(data, size > 0 ? size : 1);
	size_t used;

	if (size == 0 || size > 2048)
		return 0;
	used = greet(all, size);
	if (used < size)
		request(all + used, size - used);
	return 0;
}
