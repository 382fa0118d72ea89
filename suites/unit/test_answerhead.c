/* SPDX-License-Identifier: MIT */
/* The head of an answer on its way to a client of the proxy. */
#include <stdlib.h>
#include <string.h>

#include "egress/answerhead.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

#define CLOSED "Connection: close\r\n\r\n"

static const struct {
	const char *head;
	enum answerhead_result result;
	const char *out;
	size_t rest; /* bytes that are not of the head */
} heads[] = {
	{ "HTTP/1.1 200 OK\r\n\r\n", ANSWERHEAD_FINAL, "HTTP/1.1 200 OK\r\n" CLOSED, 0 },
	{ "HTTP/1.0 404\r\n\r\nbody", ANSWERHEAD_FINAL, "HTTP/1.0 404\r\n" CLOSED, 4 },
	{ "HTTP/1.1 200 OK\nA: b\n\n", ANSWERHEAD_FINAL, "HTTP/1.1 200 OK\r\nA: b\r\n" CLOSED, 0 },
	{ "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nA: b\r\ncONNECTION:x\r\nKeep-Alive: "
	  "3\r\nProxy-Connection: "
	  "keep-alive\r\nUpgrade: h2c\r\n\r\n",
	  ANSWERHEAD_FINAL, "HTTP/1.1 200 OK\r\nA: b\r\n" CLOSED, 0 },
	{ "HTTP/1.1 200 OK\r\nConnections: 3\r\n\r\n", ANSWERHEAD_FINAL,
	  "HTTP/1.1 200 OK\r\nConnections: 3\r\n" CLOSED, 0 },
	{ "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", ANSWERHEAD_INTERIM,
	  "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", 19 },
	{ "HTTP/1.1 100 Continue\r\n\r\n", ANSWERHEAD_INTERIM, "HTTP/1.1 100 Continue\r\n\r\n", 0 },
	{ "", ANSWERHEAD_MORE, NULL, 0 },
	{ "HT", ANSWERHEAD_MORE, NULL, 0 },
	{ "HTTP/1.1 200 OK\r\nA: b\r\n", ANSWERHEAD_MORE, NULL, 0 },
	{ "HTTP/1.1 200 OK\r\nA: b\r\n\r", ANSWERHEAD_MORE, NULL, 0 },
	{ "HTTP/1.1 101 Switching Protocols\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.1 099 x\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.1 20\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.1 2000 x\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/2 200\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.2 200 OK\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "SSH-2.0-x", ANSWERHEAD_BAD, NULL, 0 },
	{ "\r\nHTTP/1.1 200 OK\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.1 200 OK\r\nA: b\rConnection: keep-alive\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.1 200 OK\r\nConnection : keep-alive\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.1 200 OK\r\nnone\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
	{ "HTTP/1.1 200 OK\r\n: x\r\n\r\n", ANSWERHEAD_BAD, NULL, 0 },
};

static enum answerhead_result look(const char *buf, size_t n, size_t *used, char **ret)
{
	/* Exactly as long as it is, and as has room for it. */
	AUTO_FREE char *copy = xmemdup(buf, n > 0 ? n : 1);
	size_t len = 0;
	enum answerhead_result r;

	*ret = xmalloc(2 * n + ANSWERHEAD_GROWTH);
	r = answerhead_close(copy, n, used, *ret, &len);
	ck_assert_uint_lt(len, 2 * n + ANSWERHEAD_GROWTH);
	(*ret)[len] = '\0';
	return r;
}

START_TEST(it_says_that_the_connection_ends)
{
	const char *head = heads[_i].head;
	AUTO_FREE char *out = NULL;
	size_t used = 0, n = strlen(head);

	ck_assert_int_eq(look(head, n, &used, &out), heads[_i].result);
	if (heads[_i].out == NULL)
		return;
	ck_assert_str_eq(out, heads[_i].out);
	ck_assert_int_eq(answerhead_status(head), atoi(head + sizeof("HTTP/1.1")));
	ck_assert_uint_eq(n - used, heads[_i].rest);
	for (size_t part = 0; part < used; part++) {
		AUTO_FREE char *some = NULL;

		ck_assert_int_eq(look(head, part, &used, &some), ANSWERHEAD_MORE);
		used = n - heads[_i].rest;
	}
}
END_TEST

START_TEST(it_has_an_end_and_no_zero_byte)
{
	static char big[ANSWERHEAD_MAX];
	static const char zero[] = "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n";
	AUTO_FREE char *a = NULL, *b = NULL;
	size_t used;

	memset(big, 'a', sizeof(big));
	memcpy(big, "HTTP/1.1 200 ", 13);
	ck_assert_int_eq(look(big, sizeof(big), &used, &a), ANSWERHEAD_BAD);
	ck_assert_int_eq(look(zero, sizeof(zero) - 1, &used, &b), ANSWERHEAD_BAD);
}
END_TEST

Suite *answerhead_suite(void)
{
	Suite *s = suite_create("answerhead");
	TCase *t = tcase_create("answerhead");

	tcase_add_loop_test(t, it_says_that_the_connection_ends, 0, ARRAY_SIZE(heads));
	tcase_add_test(t, it_has_an_end_and_no_zero_byte);
	suite_add_tcase(s, t);
	return s;
}
