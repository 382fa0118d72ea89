/* SPDX-License-Identifier: MIT */
#include "egress/proxy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "unit.h"
#include "util.h"

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *in;
	size_t n;
	enum proxy_result result;
	const char *host; /* with its port; or why not */
	size_t used;
} wishes[] = {
	{ TEXT("C"), PROXY_WAIT, "", 0 },
	{ TEXT("\5"), PROXY_WAIT, "", 0 },
	{ TEXT("\5\1\0"), PROXY_STEP, "", 3 },
	{ TEXT("\5\1\2"), PROXY_BAD, "no SOCKS 5", 0 },
	{ TEXT("\4\1\0\120\1\2\3\4\0"), PROXY_BAD, "no SOCKS 5", 0 },
	{ TEXT("\026\3\1"), PROXY_BAD, "no method", 0 },
	{ TEXT("CONNECT a.test:22 HTTP/1.1\r\nHost: a.test:22\r\n\r\nSSH"), PROXY_TUNNEL, "a.test:22", 47 },
	{ TEXT("CONNECT [2001:DB8::1]:443 HTTP/1.0\r\n\r\n"), PROXY_TUNNEL, "2001:db8::1:443", 38 },
	{ TEXT("CONNECT a.test HTTP/1.1\r\nHost: a.test\r\n\r\n"), PROXY_BAD, "CONNECT without a port", 0 },
	{ TEXT("CONNECT a.test:22 HTTP/1.1\r\nHost: b.test:22\r\n\r\n"), PROXY_BAD, "not the target's", 0 },
	{ TEXT("CONNECT a.test:22 HTTP/1.1\r\nHost: a.test:22\r\nContent-Length: 3\r\n\r\n"), PROXY_BAD,
	  "CONNECT with a body", 0 },
	{ TEXT("GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n"), PROXY_REQUEST, "a.test:80", 0 },
	{ TEXT("GET http://a.test:8080 HTTP/1.1\r\nHost: a.test:8080\r\n\r\n"), PROXY_REQUEST, "a.test:8080",
	  0 },
	{ TEXT("GET http://a.test/x HTTP/1.1\r\n\r\n"), PROXY_BAD, "no Host", 0 },
	{ TEXT("GET http://a.test/x HTTP/1.1\r\nHost: b.test\r\n\r\n"), PROXY_BAD, "not the target's", 0 },
	{ TEXT("GET http://u@a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n"), PROXY_BAD, "user names", 0 },
	{ TEXT("GET https://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n"), PROXY_BAD, "neither a path nor", 0 },
	{ TEXT("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"), PROXY_BAD, "the sandbox's proxy", 0 },
	{ TEXT("OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n"), PROXY_BAD, "the sandbox's proxy", 0 },
	{ TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), PROXY_BAD, "", 0 },
};

START_TEST(a_client_says_whom_it_wants)
{
	struct proxy p = { 0 };
	struct proxy_said said;
	enum proxy_result r = proxy_look(&p, wishes[_i].in, wishes[_i].n, &said);
	AUTO_FREE char *to = xasprintf("%s:%u", said.host.text, said.port);

	ck_assert_msg(r == wishes[_i].result, "%s: %d, %s", wishes[_i].in, (int)r, said.why);
	if (r == PROXY_TUNNEL || r == PROXY_REQUEST)
		ck_assert_str_eq(to, wishes[_i].host);
	else
		ck_assert_msg(strstr(said.why, wishes[_i].host) != NULL, "%s: %s", wishes[_i].in, said.why);
	ck_assert_uint_eq(said.used, wishes[_i].used);
	ck_assert(p.tunnel == (r == PROXY_TUNNEL));
}
END_TEST

START_TEST(socks_goes_by_steps)
{
	static const char request[] = "\5\1\0\3\6a.test\1\273";
	struct proxy p = { 0 };
	struct proxy_said said;

	ck_assert_int_eq(proxy_look(&p, "\5\2\0\2", 4, &said), PROXY_STEP);
	ck_assert(said.used == 4 && said.reply.n == 2 && said.reply.byte[0] == 5 && said.reply.byte[1] == 0);
	for (size_t n = 1; n < sizeof(request) - 1; n++)
		ck_assert_int_eq(proxy_look(&p, request, n, &said), PROXY_WAIT);
	ck_assert_int_eq(proxy_look(&p, request, sizeof(request) - 1, &said), PROXY_TUNNEL);
	ck_assert_str_eq(said.host.text, "a.test");
	ck_assert_uint_eq(said.port, 443);
}
END_TEST

START_TEST(requests_follow_each_other_and_none_a_body)
{
	static const char first[] =
	    "GET http://a.test/1 HTTP/1.1\r\nHost: a.test\r\nProxy-Connection: x\r\n\r\n",
			  second[] =
			      "POST http://b.test/2 HTTP/1.1\r\nHost: b.test\r\nContent-Length: 2\r\n\r\n",
			  ending[] = "PUT http://b.test/ HTTP/1.1\r\nHost: b.test\r\n"
				     "Connection: close\r\nContent-Length: 2\r\n\r\n";
	static const struct httphead_onward how;
	struct proxy p = { 0 };
	struct proxy_said said;
	char out[2000] = "";
	uint64_t allow;

	ck_assert_int_eq(proxy_look(&p, TEXT(first), &said), PROXY_REQUEST);
	/* One that waits for its connection is looked at again. */
	ck_assert_int_eq(proxy_look(&p, TEXT(first), &said), PROXY_REQUEST);
	ck_assert_uint_gt(requests_rewrite(&p.http, first, &how, out, sizeof(out), &allow), 0);
	ck_assert_str_eq(out, "GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n");
	ck_assert(allow == 0 && p.http.begun);
	ck_assert_int_eq(proxy_look(&p, TEXT(second), &said), PROXY_REQUEST);
	ck_assert_str_eq(said.host.text, "b.test");
	memset(out, 0, sizeof(out));
	ck_assert_uint_gt(requests_rewrite(&p.http, second, &how, out, sizeof(out), &allow), 0);
	ck_assert_str_eq(
	    out, "POST /2 HTTP/1.1\r\nConnection: close\r\nHost: b.test\r\nContent-Length: 2\r\n\r\n");
	ck_assert_uint_eq(allow, 2);
	/* Our wish, not the client's: on another connection there may be more. */
	ck_assert(p.http.last && p.http.ours);
	ck_assert_int_eq(proxy_look(&p, TEXT(first), &said), PROXY_REQUEST);
	requests_anew(&p.http);
	ck_assert_int_eq(proxy_look(&p, TEXT(ending), &said), PROXY_REQUEST);
	ck_assert_uint_gt(requests_rewrite(&p.http, ending, &how, out, sizeof(out), &allow), 0);
	ck_assert(p.http.last && !p.http.ours);
	ck_assert_int_eq(proxy_look(&p, TEXT(first), &said), PROXY_BAD);
	ck_assert_msg(strstr(said.why, "behind the last one") != NULL, "%s", said.why);
}
END_TEST

START_TEST(no_tunnel_behind_a_request)
{
	static const char first[] = "GET http://a.test/1 HTTP/1.1\r\nHost: a.test\r\n\r\n",
			  tunnel[] = "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n";
	struct proxy p = { 0 };
	struct proxy_said said;

	ck_assert_int_eq(proxy_look(&p, TEXT(first), &said), PROXY_REQUEST);
	requests_pass(&p.http);
	ck_assert_int_eq(proxy_look(&p, TEXT(tunnel), &said), PROXY_BAD);
	ck_assert(!p.tunnel);
}
END_TEST

static const struct {
	const char *client;
	enum proxy_answer what;
	int error;
	const char *answer; /* its beginning; of SOCKS the code */
} answers[] = {
	{ "C", PROXY_DONE, 0, "HTTP/1.1 200 " },
	{ "C", PROXY_REFUSED, 0,
	  "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n"
	  "Content-Length: 22\r\n\r\nclaude-sandbox: words\n" },
	{ "C", PROXY_LOST, ECONNREFUSED, "HTTP/1.1 502 " },
	{ "C", PROXY_LOST, ETIMEDOUT, "HTTP/1.1 504 " },
	{ "\5", PROXY_DONE, 0, "\5\0" },
	{ "\5", PROXY_REFUSED, 0, "\5\2" },
	{ "\5", PROXY_LOST, ECONNREFUSED, "\5\5" },
	{ "\5", PROXY_LOST, ENETUNREACH, "\5\3" },
	{ "\5", PROXY_LOST, EHOSTUNREACH, "\5\4" },
	{ "\5", PROXY_LOST, ENOENT, "\5\4" },
	{ "\5", PROXY_LOST, EAGAIN, "\5\1" },
};

START_TEST(an_answer_is_in_the_words_of_the_client)
{
	struct proxy p = { 0 };
	struct proxy_said said;
	char out[PROXY_ANSWER_MAX];
	size_t n, want = *answers[_i].client == 5 ? 2 : strlen(answers[_i].answer);

	proxy_look(&p, answers[_i].client, 1, &said);
	n = proxy_answer(&p, answers[_i].what, answers[_i].error, "words", NULL, out);
	ck_assert_uint_ge(n, want);
	ck_assert_mem_eq(out, answers[_i].answer, want);
	ck_assert(*answers[_i].client != 5 || n == 10);
}
END_TEST

START_TEST(words_without_room_are_no_answer)
{
	struct proxy p = { 0 };
	struct proxy_said said;
	char out[PROXY_ANSWER_MAX], words[PROXY_ANSWER_MAX + 1];

	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	proxy_look(&p, "C", 1, &said);
	ck_assert_uint_eq(proxy_answer(&p, PROXY_REFUSED, 0, words, NULL, out), 0);
}
END_TEST

Suite *proxy_suite(void)
{
	Suite *s = suite_create("proxy");
	TCase *tc = tcase_create("proxy");

	tcase_add_loop_test(tc, a_client_says_whom_it_wants, 0, (int)ARRAY_SIZE(wishes));
	tcase_add_test(tc, socks_goes_by_steps);
	tcase_add_test(tc, requests_follow_each_other_and_none_a_body);
	tcase_add_test(tc, no_tunnel_behind_a_request);
	tcase_add_loop_test(tc, an_answer_is_in_the_words_of_the_client, 0, (int)ARRAY_SIZE(answers));
	tcase_add_test(tc, words_without_room_are_no_answer);
	suite_add_tcase(s, tc);
	return s;
}
