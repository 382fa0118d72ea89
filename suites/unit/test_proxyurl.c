/* SPDX-License-Identifier: MIT */
/* The URL of a proxy outside, and the hosts that are not behind it. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "proxyurl.h"
#include "unit.h"
#include "util.h"

static const struct {
	const char *url, *place, *shown, *auth;
} good[] = {
	{ "http://proxy.example:3128", "proxy.example:3128", "http://proxy.example:3128", "" },
	{ "HTTP://Proxy.Example.:3128/", "proxy.example:3128", "http://proxy.example:3128", "" },
	{ "proxy:8080", "proxy:8080", "http://proxy:8080", "" },
	{ "http://proxy", "proxy:80", "http://proxy:80", "" },
	{ "http://10.1.2.3:3128", "10.1.2.3:3128", "http://10.1.2.3:3128", "" },
	{ "http://[2001:DB8::1]:3128", "[2001:db8::1]:3128", "http://[2001:db8::1]:3128", "" },
	{ "http://user:pass@p:1", "p:1", "http://***@p:1", "Basic dXNlcjpwYXNz" },
	{ "user:pass@p:1", "p:1", "http://***@p:1", "Basic dXNlcjpwYXNz" },
	{ "http://user@p:1", "p:1", "http://***@p:1", "Basic dXNlcjo=" },
	{ "http://:token@p:1", "p:1", "http://***@p:1", "Basic OnRva2Vu" },
	{ "http://u:p%40s%3as:x@p:1", "p:1", "http://***@p:1", "Basic dTpwQHM6czp4" },
	{ "http://u:%C3%A9@p:1", "p:1", "http://***@p:1", "Basic dTrDqQ==" },
};

static const struct {
	const char *url, *why;
} bad[] = {
	{ "", "not http://" },
	{ "http://", "not http://" },
	{ "http://:3128", "not http://" },
	{ "http://proxy:0", "not http://" },
	{ "http://proxy:65536", "not http://" },
	{ "http://proxy:", "not http://" },
	{ "http://pro xy:1", "not http://" },
	{ "http://proxy:1\r\nX: y", "not http://" },
	{ "http://2001:db8::1:3128", "not http://" },
	{ "ftp://proxy:1", "not http://" },
	{ "https://proxy:1", "by TLS" },
	{ "HTTPS://proxy:1", "by TLS" },
	{ "socks5://proxy:1", "SOCKS" },
	{ "socks5h://u:secret@proxy:1", "SOCKS" },
	{ "http://proxy:1/path", "no path" },
	{ "http://proxy:1?x", "no path" },
	{ "http://u:secret/x@proxy:1", "no path" },
	{ "http://u:se@cret@proxy:1", "%40" },
	{ "http://u%3ax:secret@proxy:1", "colon" },
	{ "http://u:secret%0d%0a@proxy:1", "login" },
	{ "http://u:secret%@proxy:1", "login" },
	{ "http://u:secret%4@proxy:1", "login" },
	{ "http://u:secret%zz@proxy:1", "login" },
	{ "http://***@proxy:1", "left out" },
	/* nor what a message would not know for a part of it */
	{ "http://u:secret word@proxy:1", "login" },
	{ "http://u secret@proxy:1", "login" },
	{ "http://u:secret\tword@proxy:1", "login" },
	{ "u:secret\"word@proxy:1", "login" },
	{ "http://u:secret\x7f@proxy:1", "login" },
};

START_TEST(a_proxy_is_read_as_every_program_would)
{
	struct proxyurl u;
	AUTO_FREE char *place = NULL, *shown = NULL;

	ck_assert_ptr_null(proxyurl_parse(good[_i].url, &u));
	place = proxyurl_place(&u);
	shown = proxyurl_shown(&u);
	ck_assert_str_eq(place, good[_i].place);
	ck_assert_str_eq(shown, good[_i].shown);
	ck_assert_str_eq(u.auth, good[_i].auth);
}
END_TEST

START_TEST(what_could_be_read_otherwise_is_refused_without_its_words)
{
	struct proxyurl u;
	const char *why = proxyurl_parse(bad[_i].url, &u);

	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s: %s", bad[_i].url, why);
	ck_assert_ptr_null(strstr(why, "secret"));
}
END_TEST

START_TEST(a_login_has_a_bound)
{
	char url[PROXYURL_LOGIN + 64] = "http://u:";
	struct proxyurl u;

	memset(url + strlen(url), 'x', PROXYURL_LOGIN - 3);
	strcat(url, "@p:1");
	ck_assert_ptr_null(proxyurl_parse(url, &u));
	ck_assert_uint_lt(strlen(u.auth), PROXYURL_AUTH);
	strcpy(url, "http://u:");
	memset(url + strlen(url), 'x', PROXYURL_LOGIN);
	strcpy(url + 9 + PROXYURL_LOGIN, "@p:1");
	ck_assert_ptr_nonnull(proxyurl_parse(url, &u));
}
END_TEST

static const struct {
	const char *text, *shown;
} hidden[] = {
	{ "http://u:p@h:1", "http://***@h:1" },
	{ "--upstream=u:p@h:1 x", "--upstream=***@h:1 x" },
	{ "--upsteam=http://u:p@h", "--upsteam=http://***@h" },
	{ "\"upstream\": \"http://u:p@s@h:1\" x}", "\"upstream\": \"http://*****@h:1\" x}" },
	{ "\"upstream\": \"u:p@h:1\"", "\"upstream\": \"***@h:1\"" },
	{ "https://token@h socks5://a:b@c", "https://*****@h socks5://***@c" },
	{ "@scope/package me@example.org", "@scope/package me@example.org" },
	/* ours */
	{ "--upstream: not http://[USER:PASSWORD@]HOST[:PORT]",
	  "--upstream: not http://[USER:PASSWORD@]HOST[:PORT]" },
	{ "http://[USER:PASSWORD@]x@HOST", "http://*****************@HOST" },
	{ "http://h:1", "http://h:1" },
	{ "", "" },
};

START_TEST(a_login_is_hidden_wherever_it_stands)
{
	AUTO_FREE char *text = xstrdup(hidden[_i].text);

	proxyurl_hide(text);
	ck_assert_str_eq(text, hidden[_i].shown);
}
END_TEST

static const struct {
	const char *text, *shown;
} values[] = {
	{ "http://u:p@h:1", "http://***@h:1" },
	{ "HTTPS://u:p q@h", "HTTPS://*****@h" },
	{ "u:p \"q\"@s@h:1/", "*********@h:1/" },
	{ "http://u:p\\u0040h:1", "http://***\\u0040h:1" },
	{ "u://p@h", "*****@h" },
	{ "http://h:1", "http://h:1" },
	{ "none", "none" },
	{ "@h", "@h" },
	{ "", "" },
};

START_TEST(the_login_of_a_value_is_hidden_whatever_is_in_it)
{
	AUTO_FREE char *text = xstrdup(values[_i].text);

	proxyurl_hide_value(text);
	ck_assert_str_eq(text, values[_i].shown);
}
END_TEST

static const struct {
	const char *list;
	bool all;
	const char *patterns, *odd;
} direct[] = {
	{ "", false, "", "" },
	{ "localhost,.corp.example, *.x.example\tY.example:8080", false,
	  "localhost:* *.localhost:* corp.example:* *.corp.example:* x.example:* *.x.example:* "
	  "y.example:8080 "
	  "*.y.example:8080",
	  "" },
	{ "10.0.0.0/8,192.168.1.1,10.1.2.3:5432", false, "10.0.0.0/8:* 192.168.1.1:* 10.1.2.3:5432", "" },
	{ "::1,[2001:db8::1]:80,fd00::/8", false, "[::1]:* [2001:db8::1]:80 [fd00::/8]:*", "" },
	/* What no rule could open is no way to anything. */
	{ "127.0.0.0/8,0.0.0.0", false, "", "" },
	{ "*", true, "", "" },
	{ "a,*,b", true, "a:* *.a:* b:* *.b:*", "" },
	{ "a..b,http://x,10.0.0.1/33,*x", false, "", "a..b http://x 10.0.0.1/33 *x" },
};

static char *words(const struct strv *s)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < s->n; i++) {
		char *more = xasprintf("%s%s%s", text, i > 0 ? " " : "", s->v[i]);

		free(text);
		text = more;
	}
	return text;
}

START_TEST(who_is_not_behind_it_is_read_as_a_list_of_rules)
{
	AUTO_STRV struct strv patterns = { 0 }, odd = { 0 };
	AUTO_FREE char *p = NULL, *o = NULL;

	ck_assert(proxyurl_direct(direct[_i].list, &patterns, &odd) == direct[_i].all);
	p = words(&patterns);
	o = words(&odd);
	ck_assert_str_eq(p, direct[_i].patterns);
	ck_assert_str_eq(o, direct[_i].odd);
}
END_TEST

Suite *proxyurl_suite(void)
{
	Suite *s = suite_create("proxyurl");
	TCase *t = tcase_create("proxyurl");

	tcase_add_loop_test(t, a_proxy_is_read_as_every_program_would, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(t, what_could_be_read_otherwise_is_refused_without_its_words, 0, ARRAY_SIZE(bad));
	tcase_add_test(t, a_login_has_a_bound);
	tcase_add_loop_test(t, a_login_is_hidden_wherever_it_stands, 0, ARRAY_SIZE(hidden));
	tcase_add_loop_test(t, the_login_of_a_value_is_hidden_whatever_is_in_it, 0, ARRAY_SIZE(values));
	tcase_add_loop_test(t, who_is_not_behind_it_is_read_as_a_list_of_rules, 0, ARRAY_SIZE(direct));
	suite_add_tcase(s, t);
	return s;
}
