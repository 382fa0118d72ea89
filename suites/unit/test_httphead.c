/* SPDX-License-Identifier: MIT */
/* Requests on a connection, one by one: whom each wants, and what is no request. However the reads cut them. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "egress/httphead.h"
#include "mem.h"
#include "rows.h"
#include "util.h"

/* One request in pieces of `step` bytes; the bytes that it took. The word for it goes to `word`. */
static size_t one(const char *buf, size_t n, size_t step, struct httphead *h, char *word, size_t size)
{
	enum httphead_result r = HTTPHEAD_MORE;
	struct httpbody body;
	size_t at;

	*h = (struct httphead){ 0 };
	for (size_t got = step; r == HTTPHEAD_MORE; got += step) {
		r = httphead_parse(h, buf, got < n ? got : n);
		if (got >= n)
			break;
	}
	if (r == HTTPHEAD_MORE)
		return snprintf(word, size, "more"), 0;
	if (r == HTTPHEAD_BAD) {
		ck_assert(h->status >= 400 && h->why != NULL && h->at <= n && h->host.kind == HOSTNAME_NONE);
		return snprintf(word, size, "%d", h->status), 0;
	}
	snprintf(word, size, h->port > 0 ? "%s:%u" : "%s", h->host.text, h->port);
	httphead_body(h, &body);
	for (at = h->len; at < n && body.state != 0;) {
		size_t used = httpbody_feed(&body, buf + at, n - at < step ? n - at : step);

		if (used == SIZE_MAX)
			return strcat(word, " body"), 0;
		at += used;
	}
	return body.state == 0 ? at : (strcat(word, " more"), 0);
}

/* A body that is not whole is "more" as well, which stands for the request behind it. */
static void session(const char *buf, size_t n, size_t step, char *out, size_t size)
{
	size_t at = 0, used = 1;
	struct httphead h = { 0 };

	out[0] = '\0';
	while (at < n && used > 0 && !h.close) {
		char word[512];

		used = one(buf + at, n - at, step, &h, word, sizeof(word));
		at += used;
		snprintf(out + strlen(out), size - strlen(out), "%s%s", out[0] != '\0' ? " " : "", word);
	}
}

static const struct {
	const char *body, *why;
} bodies[] = {
	{ "\r\n", "refused: a chunk without a size" },
	{ "x\r\n", "refused: a chunk without a size" },
	{ "0000000000000001\r\n", "refused: a size of a chunk of more than 15 digits" },
	{ "1;a=b\r\n", "refused: an extension of a chunk" },
	{ "1 \r\n", "refused: an extension of a chunk" },
	{ "1\nx", "refused: a size of a chunk that CR LF does not end" },
	{ "1\rx", "refused: a size of a chunk that CR LF does not end" },
	{ "1\r\nxy", "refused: a chunk that is longer than its size" },
	{ "1\r\nx\ry", "refused: a chunk that CR LF does not end" },
	{ "0\r\nX: y\r\n", "refused: a trailer behind the last chunk" },
	{ "0\r\n\rx", "refused: a body of chunks that CR LF does not end" },
};

START_TEST(a_bad_chunk_has_its_reason)
{
	const struct httphead h = { .framing = HTTPHEAD_CHUNKED };
	struct httpbody b;

	httphead_body(&h, &b);
	ck_assert_uint_eq(httpbody_feed(&b, bodies[_i].body, strlen(bodies[_i].body)), SIZE_MAX);
	ck_assert_str_eq(b.why, bodies[_i].why);
}
END_TEST

START_TEST(each_request_is_judged_by_itself)
{
	AUTO_ROWS struct rows r = rows_load("fixtures/egress/requests.tsv", 3);

	for (size_t i = 0; i < r.n; i++) {
		/* Exactly as long as it is, so that a read beyond it is seen. */
		AUTO_FREE char *buf = xmemdup(r.row[i].field[2], r.row[i].n[2]);

		for (size_t step = 1; step <= r.row[i].n[2]; step += 1 + step / 8) {
			char got[2048];

			session(buf, r.row[i].n[2], step, got, sizeof(got));
			ck_assert_msg(streq(got, r.row[i].field[0]), "line %u (%s), %zu bytes at a time: %s",
				      r.row[i].line, r.row[i].field[1], step, got);
		}
	}
}
END_TEST

static const struct {
	const char *in;
	bool absolute;
	const char *out;
	bool close;
	const char *auth;
} onwards[] = {
	{ "GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\nProxy-Authorization: Basic eA==\r\n"
	  "X: 1\r\nproxy-connection: close\r\n\r\n",
	  false, "GET /x?y HTTP/1.1\r\nHost: a.example\r\nX: 1\r\n\r\n", false, NULL },
	{ "GET http://a.example HTTP/1.0\r\nHost: a.example\r\n\r\n", false,
	  "GET / HTTP/1.0\r\nHost: a.example\r\n\r\n", false, NULL },
	{ "GET http://a.example?q HTTP/1.1\r\nHost: a.example\r\n\r\n", false,
	  "GET /?q HTTP/1.1\r\nHost: a.example\r\n\r\n", false, NULL },
	{ "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n", false, "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n",
	  false, NULL },
	{ "GET /x HTTP/1.1\r\nHost: a.example:81\r\n\r\n", true,
	  "GET http://a.example:81/x HTTP/1.1\r\nHost: a.example:81\r\n\r\n", false, NULL },
	{ "GET /x HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", true,
	  "GET http://[2001:db8::1]:80/x HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", false, NULL },
	{ "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", false,
	  "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", false, NULL },
	{ "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", true,
	  "OPTIONS http://a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n", false, NULL },
	{ "POST /x HTTP/1.1\r\nHost: a.example\r\nCONNECTION: keep-alive\r\nContent-Length: 3\r\n\r\n", false,
	  "POST /x HTTP/1.1\r\nConnection: close\r\nHost: a.example\r\nContent-Length: 3\r\n\r\n", true,
	  NULL },
	{ "GET /x HTTP/1.1\r\nHost: a.example\r\nProxy-Authorization: Basic own\r\n\r\n", true,
	  "GET http://a.example:80/x HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\nHost: a.example\r\n\r\n",
	  false, "Basic eDp5" },
	/* As the HttpClient of Java 17 writes it. */
	{ "GET /x HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 0\r\nHost: a.example\r\n"
	  "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n"
	  "User-Agent: Java-http-client/17.0.15\r\n\r\n",
	  false,
	  "GET /x HTTP/1.1\r\nContent-Length: 0\r\nHost: a.example\r\nUser-Agent: "
	  "Java-http-client/17.0.15\r\n\r\n",
	  false, NULL },
	{ "POST /x HTTP/1.1\r\nHost: a.example\r\nconnection:TE ,,upgrade, close\r\nUpgrade:\th2c\r\nTE: "
	  "x\r\n"
	  "Upgrade-Insecure-Requests: 1\r\n\r\n",
	  false,
	  "POST /x HTTP/1.1\r\nHost: a.example\r\nConnection: TE, close\r\nTE: x\r\n"
	  "Upgrade-Insecure-Requests: 1\r\n\r\n",
	  false, NULL },
	{ "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
	  false, "GET / HTTP/1.1\r\nConnection: close\r\nHost: a.example\r\n\r\n", true, NULL },
};

START_TEST(a_head_goes_on_without_what_was_for_the_proxy)
{
	size_t n = strlen(onwards[_i].in), size = n + 300;
	AUTO_FREE char *out = xcalloc(1, size);
	struct httphead_onward how = { onwards[_i].absolute, onwards[_i].close, onwards[_i].auth };
	struct httphead h = { 0 };
	size_t got;

	ck_assert_int_eq(httphead_parse(&h, onwards[_i].in, n), HTTPHEAD_DONE);
	got = httphead_write(&h, onwards[_i].in, &how, out, size);
	ck_assert_str_eq(out, onwards[_i].out);
	ck_assert_uint_eq(got, strlen(onwards[_i].out));
	for (size_t less = 0; less < got; less++) {
		AUTO_FREE char *tight = xmalloc(less > 0 ? less : 1);

		ck_assert_uint_eq(httphead_write(&h, onwards[_i].in, &how, tight, less), 0);
	}
}
END_TEST

/* A head of so many bytes with one long field. */
static char *long_head(size_t n)
{
	static const char begin[] = "GET / HTTP/1.1\r\nHost: a.example\r\nX: ";
	char *buf = xcalloc(1, n + 1);

	memset(buf, 'x', n);
	memcpy(buf, begin, sizeof(begin) - 1);
	memcpy(buf + n - 4, "\r\n\r\n", 4);
	return buf;
}

START_TEST(a_head_has_bounds)
{
	AUTO_FREE char *most = long_head(HTTPHEAD_MAX), *more = long_head(HTTPHEAD_MAX + 1);
	AUTO_FREE char *many = xcalloc(1, HTTPHEAD_MAX);
	struct httphead h = { 0 };

	ck_assert_int_eq(httphead_parse(&h, most, HTTPHEAD_MAX), HTTPHEAD_DONE);
	h = (struct httphead){ 0 };
	ck_assert_int_eq(httphead_parse(&h, more, HTTPHEAD_MAX - 1), HTTPHEAD_MORE);
	ck_assert_int_eq(httphead_parse(&h, more, HTTPHEAD_MAX), HTTPHEAD_BAD);
	ck_assert_int_eq(h.status, 431);
	strcpy(many, "GET / HTTP/1.1\r\nHost: a.example\r\n");
	for (int i = 1; i < HTTPHEAD_FIELDS; i++)
		strcat(many, "X: y\r\n");
	strcat(many, "\r\n");
	h = (struct httphead){ 0 };
	ck_assert_int_eq(httphead_parse(&h, many, strlen(many)), HTTPHEAD_DONE);
	strcpy(many + strlen(many) - 2, "X: y\r\n\r\n");
	h = (struct httphead){ 0 };
	ck_assert_int_eq(httphead_parse(&h, many, strlen(many)), HTTPHEAD_BAD);
	ck_assert_int_eq(h.status, 431);
}
END_TEST

START_TEST(bad_bytes_are_told_before_the_head_is_whole)
{
	struct httphead h = { 0 };

	ck_assert_int_eq(httphead_parse(&h, "SSH-2.0-x\r", 10), HTTPHEAD_MORE);
	h = (struct httphead){ 0 };
	ck_assert_int_eq(httphead_parse(&h, "\x16\x03", 2), HTTPHEAD_BAD);
	h = (struct httphead){ 0 };
	ck_assert_int_eq(httphead_parse(&h, "GET /\n", 6), HTTPHEAD_BAD);
	ck_assert_uint_eq(h.at, 5);
	h = (struct httphead){ 0 };
	ck_assert_int_eq(httphead_parse(&h, "GET", 0), HTTPHEAD_MORE);
}
END_TEST

START_TEST(expect_and_close_are_told)
{
	static const char expect[] =
	    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
	static const char old[] = "GET / HTTP/1.0\r\nHost: a\r\n\r\n";
	struct httphead h = { 0 };

	ck_assert_int_eq(httphead_parse(&h, expect, sizeof(expect) - 1), HTTPHEAD_DONE);
	ck_assert(h.expect && !h.close && h.framing == HTTPHEAD_LENGTH && h.length == 2);
	h = (struct httphead){ 0 };
	ck_assert_int_eq(httphead_parse(&h, old, sizeof(old) - 1), HTTPHEAD_DONE);
	ck_assert(!h.expect && h.close && h.http10 && h.framing == HTTPHEAD_NO_BODY);
}
END_TEST

Suite *httphead_suite(void)
{
	Suite *s = suite_create("httphead");
	TCase *tc = tcase_create("httphead");

	tcase_add_loop_test(tc, a_bad_chunk_has_its_reason, 0, (int)ARRAY_SIZE(bodies));
	tcase_add_test(tc, each_request_is_judged_by_itself);
	tcase_add_loop_test(tc, a_head_goes_on_without_what_was_for_the_proxy, 0, (int)ARRAY_SIZE(onwards));
	tcase_add_test(tc, a_head_has_bounds);
	tcase_add_test(tc, bad_bytes_are_told_before_the_head_is_whole);
	tcase_add_test(tc, expect_and_close_are_told);
	suite_add_tcase(s, tc);
	return s;
}
