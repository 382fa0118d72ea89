/* SPDX-License-Identifier: MIT */
/* SOCKS as a client speaks it, byte by byte. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "egress/socks.h"
#include "mem.h"
#include "util.h"

static const struct {
	const char *in;
	size_t n;
	enum socks_result result;
	size_t used;
	const char *reply;
	size_t reply_n;
} greetings[] = {
#define IN(s) s, sizeof(s) - 1
	{ IN("\5\1\0"), SOCKS_DONE, 3, IN("\5\0") },
	{ IN("\5\3\1\2\0"), SOCKS_DONE, 5, IN("\5\0") },
	{ IN("\5\1\0\5\1"), SOCKS_DONE, 3, IN("\5\0") },
	{ IN("\5\1\2"), SOCKS_BAD, 0, IN("\5\xff") },
	{ IN("\5\0"), SOCKS_BAD, 0, IN("\5\xff") },
	{ IN("\5\2\2"), SOCKS_MORE, 0, IN("") },
	{ IN("\5"), SOCKS_MORE, 0, IN("") },
	{ IN(""), SOCKS_MORE, 0, IN("") },
	{ IN("\4\1\0\x50\0\0\0\1x\0denied.example\0"), SOCKS_BAD, 0, IN("\0\x5b\0\0\0\0\0\0") },
	{ IN("\4"), SOCKS_BAD, 0, IN("\0\x5b\0\0\0\0\0\0") },
	{ IN("GET / HTTP/1.1\r\n"), SOCKS_BAD, 0, IN("") },
	{ IN("\6\1\0"), SOCKS_BAD, 0, IN("") },
	{ IN("\0"), SOCKS_BAD, 0, IN("") },
};

START_TEST(a_greeting_offers_no_authentication)
{
	AUTO_FREE char *in = xmemdup(greetings[_i].in, greetings[_i].n > 0 ? greetings[_i].n : 1);
	struct socks_reply reply;
	size_t used = 77;

	ck_assert_int_eq(socks_greeting(in, greetings[_i].n, &used, &reply), greetings[_i].result);
	ck_assert_uint_eq(used, greetings[_i].used);
	ck_assert_uint_eq(reply.n, greetings[_i].reply_n);
	ck_assert_mem_eq(reply.byte, greetings[_i].reply, greetings[_i].reply_n);
}
END_TEST

static const struct {
	const char *in;
	size_t n;
	const char *out; /* HOST:PORT, "more", or the code of the reply */
} requests[] = {
	{ IN("\5\1\0\3\x09"
	     "a.example\1\xbb"),
	  "a.example:443" },
	{ IN("\5\1\0\3\x09"
	     "A.EXAMPLE\0\x50"),
	  "a.example:80" },
	{ IN("\5\1\0\1\x08\x08\x08\x08\0\x35"), "8.8.8.8:53" },
	{ IN("\5\1\0\4\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\x16"), "2001:db8::1:22" },
	{ IN("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\xa9\xfe\xa9\xfe\0\x50"), "169.254.169.254:80" },
	/* a name that is an address is that address */
	{ IN("\5\1\0\3\x09"
	     "127.0.0.1\0\x50"),
	  "127.0.0.1:80" },
	{ IN("\5\1\0\3\x03::1\0\x50"), "::1:80" },
	{ IN("\5\1\0\3\x09"
	     "a.example\1\xbb"
	     "more bytes"),
	  "a.example:443" },
	{ IN("\5\1\0\3\x10"
	     "denied\0.example!\0\x50"),
	  "1" },
	{ IN("\5\1\0\3\x11"
	     "denied\0.a.example\0\x50"),
	  "1" },
	{ IN("\5\1\0\3\x0a"
	     "a.example\0\0\x50"),
	  "1" },
	{ IN("\5\1\0\3\0\0\x50"), "1" },
	{ IN("\5\1\0\3\x04"
	     "0x7f\0\x50"),
	  "1" },
	{ IN("\5\1\0\3\x0a"
	     "2852039166\0\x50"),
	  "1" },
	{ IN("\5\1\0\3\x0b"
	     "a.example\r\n\0\x50"),
	  "1" },
	/* a length that says less than the name: the rest would be the port, and what follows the tunnel's bytes */
	{ IN("\5\1\0\3\x07"
	     "a.example\1\xbb"),
	  "a.examp:27749" },
	/* and one that says more waits for it */
	{ IN("\5\1\0\3\xff"
	     "a.example\1\xbb"),
	  "more" },
	{ IN("\5\1\0\3\x09"
	     "a.example\0\0"),
	  "1" },
	{ IN("\5\2\0\1\0\0\0\0\0\0"), "7" },
	{ IN("\5\3\0\1\0\0\0\0\0\0"), "7" },
	{ IN("\5\1\0\2"), "8" },
	{ IN("\5\1\1\1"), "1" },
	{ IN("\4\1\0\1"), "1" },
	{ IN("\5\1\0\3"), "more" },
	{ IN("\5\1\0\1\x08\x08\x08\x08\0"), "more" },
	{ IN("\5"), "more" },
	{ IN(""), "more" },
};

START_TEST(a_request_names_one_host)
{
	size_t n = requests[_i].n, used = 77;
	char out[300] = "more";

	for (size_t part = 0; part <= n; part++) {
		AUTO_FREE char *in = xmemdup(requests[_i].in, part > 0 ? part : 1);
		struct socks_reply reply;
		struct hostname h;
		uint16_t port;
		enum socks_result r = socks_request(in, part, &used, &h, &port, &reply);

		ck_assert_uint_eq(reply.n, r == SOCKS_BAD ? 10 : 0);
		ck_assert_int_eq(h.kind != HOSTNAME_NONE && port > 0, r == SOCKS_DONE);
		ck_assert_int_eq(used > 0, r == SOCKS_DONE);
		if (r == SOCKS_DONE)
			snprintf(out, sizeof(out), "%s:%u", h.text, port);
		if (r == SOCKS_BAD)
			snprintf(out, sizeof(out), "%u", reply.byte[1]);
		if (r != SOCKS_MORE)
			break;
		ck_assert_uint_lt(part, SOCKS_REQUEST_MAX);
	}
	ck_assert_str_eq(out, requests[_i].out);
}
END_TEST

START_TEST(the_longest_request_is_whole)
{
	char in[SOCKS_REQUEST_MAX];
	struct socks_reply reply;
	struct hostname h;
	uint16_t port;
	size_t used;

	memset(in, 'a', sizeof(in));
	memcpy(in, "\5\1\0\3\xff", 5);
	ck_assert_int_eq(socks_request(in, sizeof(in) - 1, &used, &h, &port, &reply), SOCKS_MORE);
	ck_assert_int_eq(socks_request(in, sizeof(in), &used, &h, &port, &reply), SOCKS_BAD);
	in[4] = (char)253;
	for (int i = 63; i < 253; i += 64)
		in[5 + i] = '.';
	ck_assert_int_eq(socks_request(in, sizeof(in), &used, &h, &port, &reply), SOCKS_DONE);
	ck_assert_uint_eq(h.len, 253);
	ck_assert_uint_eq(used, 260);
}
END_TEST

Suite *socks_suite(void)
{
	Suite *s = suite_create("socks");
	TCase *tc = tcase_create("socks");

	tcase_add_loop_test(tc, a_greeting_offers_no_authentication, 0, (int)ARRAY_SIZE(greetings));
	tcase_add_loop_test(tc, a_request_names_one_host, 0, (int)ARRAY_SIZE(requests));
	tcase_add_test(tc, the_longest_request_is_whole);
	suite_add_tcase(s, tc);
	return s;
}
