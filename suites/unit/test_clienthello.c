/* SPDX-License-Identifier: MIT */
/* The first bytes of connections: real hellos and crooked ones, however the reads cut them. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "egress/clienthello.h"
#include "mem.h"
#include "rows.h"
#include "util.h"

static const char *const words[] = {
	[CLIENTHELLO_BAD] = "bad",   [CLIENTHELLO_MORE] = "more", [CLIENTHELLO_NOT_TLS] = "not-tls",
	[CLIENTHELLO_NONE] = "none", [CLIENTHELLO_NAME] = "name", [CLIENTHELLO_ECH] = "ech",
};

static void say(const uint8_t *buf, size_t n, char *out, size_t size)
{
	const char *why = "unset";
	struct hostname h;
	size_t len;
	enum clienthello r = clienthello_parse(buf, n, &h, &len, &why);

	ck_assert_int_eq(why != NULL, r == CLIENTHELLO_BAD || r == CLIENTHELLO_NOT_TLS);
	ck_assert(len <= n &&
		  (len > 0) == (r == CLIENTHELLO_NONE || r == CLIENTHELLO_NAME || r == CLIENTHELLO_ECH));
	ck_assert(h.kind == HOSTNAME_NONE || r == CLIENTHELLO_NAME || r == CLIENTHELLO_ECH);
	if (r == CLIENTHELLO_NAME || r == CLIENTHELLO_ECH)
		snprintf(out, size, "%s %s", words[r], h.kind != HOSTNAME_NONE ? h.text : "-");
	else
		snprintf(out, size, "%s", words[r]);
}

START_TEST(a_hello_is_whole_and_has_one_name)
{
	AUTO_ROWS struct rows r = rows_load("fixtures/egress/hellos.tsv", 3);

	for (size_t i = 0; i < r.n; i++) {
		const char *hex = r.row[i].field[2];
		AUTO_FREE uint8_t *buf = xmalloc(strlen(hex) + 1);
		char got[300] = "";
		unsigned v;
		size_t n = 0;
		int used;

		for (; sscanf(hex, " %2x%n", &v, &used) == 1; hex += used)
			buf[n++] = (uint8_t)v;
		for (size_t part = 0; part <= n; part++) {
			/* Exactly as long as it is, so that a read beyond it is seen. */
			AUTO_FREE uint8_t *copy = part > 0 ? xmemdup(buf, part) : xmalloc(1);

			say(copy, part, got, sizeof(got));
			if (!streq(got, "more"))
				break;
		}
		ck_assert_msg(streq(got, r.row[i].field[0]), "line %u (%s): %s", r.row[i].line,
			      r.row[i].field[1], got);
	}
}
END_TEST

/* A record whose hello says that it is so long, cut in records of `size`. */
static size_t big(uint8_t *out, size_t hello, size_t size, size_t room)
{
	size_t n = 0;

	for (size_t at = 0; at < hello + 4 && n + 5 + size <= room; at += size) {
		size_t body = hello + 4 - at < size ? hello + 4 - at : size;

		memcpy(out + n, "\x16\x03\x01", 3);
		out[n + 3] = (uint8_t)(body >> 8);
		out[n + 4] = (uint8_t)body;
		memset(out + n + 5, 0, body);
		if (at == 0)
			memcpy(out + n + 5, (uint8_t[]){ 1, 0, (uint8_t)(hello >> 8), (uint8_t)hello }, 4);
		n += 5 + body;
	}
	return n;
}

START_TEST(a_hello_has_bounds)
{
	static uint8_t buf[40000];
	struct hostname h;
	const char *why;
	size_t n, len;

	n = big(buf, CLIENTHELLO_MAX - 4, 8000, sizeof(buf));
	ck_assert_uint_gt(n, CLIENTHELLO_MAX);
	ck_assert_int_eq(clienthello_parse(buf, CLIENTHELLO_MAX - 1, &h, &len, &why), CLIENTHELLO_MORE);
	ck_assert_int_eq(clienthello_parse(buf, CLIENTHELLO_MAX, &h, &len, &why), CLIENTHELLO_BAD);
	ck_assert_int_eq(clienthello_parse(buf, n, &h, &len, &why), CLIENTHELLO_BAD);
	big(buf, CLIENTHELLO_MAX - 3, 8000, sizeof(buf));
	ck_assert_int_eq(clienthello_parse(buf, 9, &h, &len, &why), CLIENTHELLO_BAD);
	n = big(buf, 1000, 4, sizeof(buf));
	ck_assert_int_eq(clienthello_parse(buf, (size_t)9 * CLIENTHELLO_RECORDS - 1, &h, &len, &why),
			 CLIENTHELLO_MORE);
	ck_assert_int_eq(clienthello_parse(buf, (size_t)9 * CLIENTHELLO_RECORDS, &h, &len, &why),
			 CLIENTHELLO_BAD);
	ck_assert_msg(strstr(why, "records") != NULL, "%s", why);
}
END_TEST

#define RETRY \
	"\x16\x03\x03\0\x26\x02\0\0\x22\x03\x03\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8" \
	"\x91" \
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
#define UNKNOWN_NAME "\x15\x03\x03\0\x02\x01\x70"

static const struct {
	const char *bytes;
	size_t n, from; /* fewer than `from` bytes don't tell it */
	enum clienthello_answer want;
} answers[] = {
	{ RETRY, 43, 43, CLIENTHELLO_ANSWER_RETRY },
	{ UNKNOWN_NAME RETRY, 50, 50, CLIENTHELLO_ANSWER_RETRY },
	{ "\x16\x03\x03\0\x04\x02", 6, 6, CLIENTHELLO_ANSWER_RETRY },
	{ "\x16\x03\x03\0\x26\x01", 6, 6, CLIENTHELLO_ANSWER_OTHER },
	{ "\x15\x03\x03\0\x02\x02\x28", 7, 7, CLIENTHELLO_ANSWER_OTHER },
	{ "\x15\x03\x03\0\x02\x01\0", 7, 7, CLIENTHELLO_ANSWER_OTHER },
	{ "SSH", 3, 1, CLIENTHELLO_ANSWER_OTHER },
};

START_TEST(an_answer_asks_for_a_second_hello_or_not)
{
	for (size_t n = 0; n <= answers[_i].n; n++) {
		/* Exactly as long as it is, so that a read beyond it is seen. */
		AUTO_FREE char *copy = n > 0 ? xmemdup(answers[_i].bytes, n) : xmalloc(1);

		ck_assert_int_eq(clienthello_answer(copy, n),
				 n < answers[_i].from ? CLIENTHELLO_ANSWER_MORE : answers[_i].want);
	}
}
END_TEST

START_TEST(an_answer_of_another_random_asks_for_none)
{
	char answer[] = RETRY;

	for (size_t at = 11; at < 43; at++) {
		answer[at] = (char)(answer[at] ^ 1);
		ck_assert_int_eq(clienthello_answer(answer, 43), CLIENTHELLO_ANSWER_OTHER);
		answer[at] = (char)(answer[at] ^ 1);
	}
}
END_TEST

START_TEST(what_may_come_between_two_hellos)
{
	ck_assert_uint_eq(clienthello_between("\x14\x03\x03\0\x01", 5), 6);
	ck_assert_uint_eq(clienthello_between("\x15\x03\x03\0\x02", 5), 7);
	ck_assert_uint_eq(clienthello_between("\x17\x03\x03\x01\x02", 5), 5 + 0x102);
	ck_assert_uint_eq(clienthello_between("\x17\x03\x03\x01", 4), 0);
	ck_assert_uint_eq(clienthello_between("\x16\x03\x03\x01\x02", 5), 0);
	ck_assert_uint_eq(clienthello_between("\x18\x03\x03\x01\x02", 5), 0);
}
END_TEST

Suite *clienthello_suite(void)
{
	Suite *s = suite_create("clienthello");
	TCase *tc = tcase_create("clienthello");

	tcase_add_test(tc, a_hello_is_whole_and_has_one_name);
	tcase_add_test(tc, a_hello_has_bounds);
	tcase_add_loop_test(tc, an_answer_asks_for_a_second_hello_or_not, 0, (int)ARRAY_SIZE(answers));
	tcase_add_test(tc, an_answer_of_another_random_asks_for_none);
	tcase_add_test(tc, what_may_come_between_two_hellos);
	suite_add_tcase(s, tc);
	return s;
}
