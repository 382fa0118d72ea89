/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the beginning of a connection: an answer that is not "more" stays with more bytes, and the same hello in
 * other records gets the same one. The first byte is the size of those records.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "egress/clienthello.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static enum clienthello parse(const uint8_t *buf, size_t n, struct hostname *ret)
{
	/* Exactly as long as it is. */
	AUTO_FREE uint8_t *copy = xmemdup(buf, n > 0 ? n : 1);
	const char *why;
	struct hostname alone;
	size_t len, again;
	enum clienthello r = clienthello_parse(copy, n, ret, &len, &why);

	check((why != NULL) == (r == CLIENTHELLO_BAD || r == CLIENTHELLO_NOT_TLS));
	check(ret->kind == HOSTNAME_NONE || (ret->kind == HOSTNAME_NAME && r >= CLIENTHELLO_NAME));
	check(r != CLIENTHELLO_NAME || ret->kind == HOSTNAME_NAME);
	check(r != CLIENTHELLO_MORE || n < CLIENTHELLO_MAX);
	check(len <= n && (len > 0) == (r >= CLIENTHELLO_NONE));
	/* Alone it is the same. */
	check(len == 0 || clienthello_parse(copy, len, &alone, &again, NULL) == r);
	check(clienthello_between(copy, n) == 0 || n >= CLIENTHELLO_HEADER);
	check(clienthello_answer(copy, n) != CLIENTHELLO_ANSWER_MORE || n < 43 || copy[0] == 21);
	return r;
}

static void prefixes(const uint8_t *buf, size_t n, size_t step)
{
	struct hostname h, first = { 0 };
	enum clienthello r = CLIENTHELLO_MORE;

	for (size_t part = 0; part <= n; part += part + step <= n || part == n ? step : n - part) {
		enum clienthello next = parse(buf, part, &h);

		check(r == CLIENTHELLO_MORE || (next == r && hostname_equal(&h, &first)));
		r = next;
		first = h;
	}
}

/* The bytes as a handshake in records of that size. Owned. */
static uint8_t *records(const uint8_t *hello, size_t n, size_t size, size_t *ret_n)
{
	uint8_t *out = xmalloc(n + 5 * (n / size + 1)), *to = out;

	for (size_t at = 0; at < n; at += size) {
		size_t body = n - at < size ? n - at : size;

		memcpy(to, (uint8_t[]){ 22, 3, 1, (uint8_t)(body >> 8), (uint8_t)body }, 5);
		memcpy(to + 5, hello + at, body);
		to += 5 + body;
	}
	*ret_n = (size_t)(to - out);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE uint8_t *one = NULL, *many = NULL;
	size_t step, n, m, hello;
	struct hostname a, b;
	enum clienthello r;

	if (size < 2 || size > 4096)
		return 0;
	step = 1 + data[0];
	data++;
	size--;
	prefixes(data, size, 1 + size / 64);
	/* As a hello without records, which ends where it says. */
	if (size < 5 || data[0] != 22)
		return 0;
	data += 5;
	size -= 5;
	hello = size >= 4 ? 4 + ((size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3]) : size;
	if (size == 0 || size / step + 1 >= CLIENTHELLO_RECORDS || hello < size)
		return 0;
	one = records(data, size, 16384, &n);
	many = records(data, size, step, &m);
	r = parse(one, n, &a);
	check(parse(many, m, &b) == r && hostname_equal(&a, &b));
	return 0;
}
