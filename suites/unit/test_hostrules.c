/* SPDX-License-Identifier: MIT */
/* Patterns, and what sets of them answer. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "egress/hostrules.h"
#include "mem.h"
#include "strv.h"
#include "util.h"

#define AUTO_RULES __attribute__((cleanup(hostrules_done)))

static const struct {
	const char *pattern;
	size_t at;
	const char *why; /* NULL: good */
} patterns[] = {
	{ "api.anthropic.com", 0, NULL },
	{ "*.anthropic.com", 0, NULL },
	{ "github.com:22", 0, NULL },
	{ "github.com:*", 0, NULL },
	{ "*:22", 0, NULL },
	{ "*", 0, NULL },
	{ "*.com", 0, NULL },
	{ "10.1.2.3:5432", 0, NULL },
	{ "10.0.0.0/8", 0, NULL },
	{ "10.0.0.0/8:5432", 0, NULL },
	{ "0.0.0.0/0", 0, NULL },
	{ "[2001:db8::1]", 0, NULL },
	{ "[2001:db8::1]:443", 0, NULL },
	{ "[2001:db8::/32]", 0, NULL },
	{ "[2001:db8::/32]:443", 0, NULL },
	{ "2001:db8::/32", 0, NULL },
	{ "127.0.0.1:5432", 0, NULL },
	{ "[::1]:5432", 0, NULL },
	{ "169.254.169.254", 0, NULL },
	{ "", 0, "an empty name of a host" },
	{ ".anthropic.com", 0, "*." },
	{ "a.*.com", 2, "*" },
	{ "api*.anthropic.com", 3, "*" },
	{ "*anthropic.com", 0, "*" },
	{ "**.anthropic.com", 0, "*" },
	{ "*.*.com", 2, "*" },
	{ "*.", 2, "an empty name of a host" },
	{ "https://github.com", 5, "URL" },
	{ "github.com/", 10, "/" },
	{ "github.com/claude", 10, "/" },
	{ "github.com:", 11, "port" },
	{ "github.com:0", 11, "port" },
	{ "github.com:65536", 11, "port" },
	{ "github.com:https", 11, "port" },
	{ "github.com:22-23", 11, "port" },
	{ "github..com", 7, "empty label" },
	{ " github.com", 0, "space" },
	{ "github.com ", 10, "space" },
	{ "*.10.0.0.1", 0, "network" },
	{ "10.1.2.3/8", 0, "bits beyond" },
	{ "10.0.0.0/33", 9, "length" },
	{ "10.0.0.0/08", 9, "length" },
	{ "10.0.0.0/", 9, "length" },
	{ "10/8", 2, "IP address" },
	{ "10.1", 3, "IPv4" },
	{ "0x7f.1", 5, "IPv4" },
	{ "::1", 0, "brackets" },
	{ "2001:db8::1:443", 0, "brackets" },
	{ "2001:db8::/129", 11, "length" },
	{ "[2001:db8::1", 0, "[" },
	{ "[2001:db8::1]443", 13, "port" },
	{ "[::ffff:10.0.0.0/104]", 1, "IPv4" },
	{ "[fe80::1%eth0]", 1, "zone" },
	{ "b\xc3\xbc"
	  "cher.example",
	  1, "A-label" },
	{ "*.b\xc3\xbc.example", 3, "A-label" },
	{ "127.0.0.0/8", 0, "single address" },
	{ "224.0.0.1", 0, "no rule opens" },
	{ "0.0.0.0", 0, "no rule opens" },
	{ "[::]", 0, "no rule opens" },
	{ "[ff02::1]:80", 0, "no rule opens" },
};

START_TEST(a_pattern_is_good_or_its_fault_has_a_place)
{
	const char *p = patterns[_i].pattern;
	struct hostname_fault f = { .at = 9999, .why = "" };
	int r = hostrules_check(HOSTRULES_ALLOW, p, strlen(p), &f);

	ck_assert_msg(r == (patterns[_i].why != NULL ? -EINVAL : 0), "%s: %s", p, f.why);
	if (r == 0)
		return;
	ck_assert_msg(f.at == patterns[_i].at, "%s: byte %zu: %s", p, f.at, f.why);
	ck_assert_msg(strstr(f.why, patterns[_i].why) != NULL, "%s: %s", p, f.why);
}
END_TEST

START_TEST(what_is_never_reached_may_be_denied)
{
	struct hostname_fault f;

	ck_assert_int_eq(hostrules_check(HOSTRULES_DENY, "127.0.0.0/8", 11, &f), 0);
	ck_assert_int_eq(hostrules_check(HOSTRULES_DENY, "224.0.0.1", 9, &f), 0);
}
END_TEST

/* "+PATTERN" allows, "-PATTERN" denies, "=PORT" is a port of rules without one, "!" is --net open. */
static void load(struct hostrules *r, const char *words)
{
	AUTO_FREE char *copy = xstrdup(words);
	char *rest = copy, *w;

	while ((w = strsep(&rest, " ")) != NULL) {
		struct hostname_fault f = { 0 };
		int rc = 0;

		if (*w == '!')
			r->open = true;
		else if (*w == '=')
			rc = hostrules_add_port(r, w + 1, strlen(w + 1), &f);
		else if (*w != '\0')
			rc = hostrules_add(r, *w == '+' ? HOSTRULES_ALLOW : HOSTRULES_DENY, w + 1,
					   strlen(w + 1), "here", &f);
		ck_assert_msg(rc == 0, "%s: %s", w, f.why);
	}
}

static const struct {
	const char *rules, *host, *by, *rule; /* rule: NULL: none */
} answers[] = {
	/* neither allow nor deny: nothing */
	{ "", "a.example:443", "unlisted", NULL },
	{ "", "8.8.8.8:443", "unlisted", NULL },
	{ "!", "a.example:1", "default", NULL },
	{ "!", "8.8.8.8:1", "default", NULL },
	{ "!", "10.0.0.1:1", "address", NULL },
	/* names */
	{ "+a.example", "a.example:443", "exact", "a.example" },
	{ "+a.example", "a.example:80", "exact", "a.example" },
	{ "+a.example", "a.example:22", "port", "a.example" },
	{ "+a.example", "a.example", "exact", "a.example" },
	{ "+a.example", "x.a.example:443", "unlisted", NULL },
	{ "+a.example", "xa.example:443", "unlisted", NULL },
	{ "+a.example", "example:443", "unlisted", NULL },
	{ "+a.example", "8.8.8.8:443", "unlisted", NULL },
	{ "+A.Example.", "a.example:443", "exact", "A.Example." },
	{ "+*.a.example", "x.a.example:443", "wildcard", "*.a.example" },
	{ "+*.a.example", "x.y.a.example:443", "wildcard", "*.a.example" },
	{ "+*.a.example", "a.example:443", "unlisted", NULL },
	{ "+*.a.example", "xa.example:443", "unlisted", NULL },
	{ "+*.a.example", "a.example.evil:443", "unlisted", NULL },
	{ "+*.a.example +x.a.example", "x.a.example:443", "exact", "x.a.example" },
	{ "+*.a.example +*.b.a.example", "c.b.a.example:443", "wildcard", "*.b.a.example" },
	{ "+*", "a.example:443", "wildcard", "*" },
	{ "+*", "a.example:22", "port", "*" },
	{ "+*:*", "a.example:22", "wildcard", "*:*" },
	{ "+*", "8.8.8.8:443", "wildcard", "*" },
	{ "+*", "10.0.0.1:443", "address", "*" },
	{ "+*", "127.0.0.1:443", "address", "*" },
	/* ports */
	{ "+a.example:22", "a.example:22", "exact", "a.example:22" },
	{ "+a.example:22", "a.example:443", "port", "a.example:22" },
	{ "+a.example:22", "a.example", "exact", "a.example:22" },
	{ "+a.example +a.example:22", "a.example:22", "exact", "a.example:22" },
	{ "+a.example +a.example:22", "a.example:443", "exact", "a.example" },
	{ "+a.example:22 +*.example", "a.example:443", "wildcard", "*.example" },
	{ "+a.example:*", "a.example:9999", "exact", "a.example:*" },
	{ "=8080 +a.example", "a.example:8080", "exact", "a.example" },
	{ "=8080 +a.example", "a.example:443", "port", "a.example" },
	{ "=8080 +a.example:22", "a.example:22", "exact", "a.example:22" },
	{ "=22 =8080 +*", "8.8.8.8:22", "wildcard", "*" },
	{ "=22 =8080 +*", "8.8.8.8:443", "port", "*" },
	{ "=22 !", "a.example:22", "default", NULL },
	{ "=22 !", "a.example:443", "port", NULL },
	{ "=22 !", "8.8.8.8:443", "port", NULL },
	{ "=22 !", "a.example", "default", NULL },
	{ "=22 ! +a.example:443", "a.example:443", "exact", "a.example:443" },
	{ "=22 ! +a.example", "a.example:443", "port", "a.example" },
	{ "=22 ! -a.example", "a.example:22", "denied", "a.example" },
	{ "=22 -b.example", "a.example:443", "port", NULL },
	/* deny wins */
	{ "+*.a.example -x.a.example", "x.a.example:443", "denied", "x.a.example" },
	{ "+*.a.example -x.a.example", "y.a.example:443", "wildcard", "*.a.example" },
	{ "+x.a.example -*.a.example", "x.a.example:443", "denied", "*.a.example" },
	{ "+x.a.example -*", "x.a.example:443", "denied", "*" },
	{ "+a.example -a.example:443", "a.example:443", "denied", "a.example:443" },
	{ "+a.example -a.example:443", "a.example:80", "exact", "a.example" },
	{ "+a.example -a.example:443", "a.example", "exact", "a.example" },
	{ "+a.example -a.example", "a.example", "denied", "a.example" },
	{ "! -a.example", "a.example:443", "denied", "a.example" },
	{ "! +a.example", "b.example:443", "default", NULL },
	/* deny alone: the rest is allowed */
	{ "-a.example", "b.example:2222", "default", NULL },
	{ "-a.example", "a.example:443", "denied", "a.example" },
	{ "-a.example", "8.8.8.8:443", "default", NULL },
	{ "-a.example", "192.168.1.1:443", "address", NULL },
	{ "-8.8.8.0/24", "8.8.8.8:443", "denied", "8.8.8.0/24" },
	{ "-8.8.8.0/24", "8.8.9.8:443", "default", NULL },
	/* by NAT64, 6to4 and Teredo, whose server and client both count */
	{ "! -8.8.8.0/24", "[64:ff9b::8.8.8.8]:443", "denied", "8.8.8.0/24" },
	{ "! -8.8.8.0/24", "[64:ff9b::8.8.9.8]:443", "default", NULL },
	{ "! -8.8.8.8:22", "[2002:808:808::1]:22", "denied", "8.8.8.8:22" },
	{ "! -8.8.8.8:22", "[2002:808:808::1]:443", "default", NULL },
	{ "! -8.8.8.8", "[2001:0:808:808::1]:443", "denied", "8.8.8.8" },
	{ "+* -8.8.8.8", "[64:ff9b::8.8.8.8]:443", "denied", "8.8.8.8" },
	{ "-*", "8.8.8.8:443", "denied", "*" },
	/* addresses */
	{ "+8.8.8.8", "8.8.8.8:443", "exact", "8.8.8.8" },
	{ "+8.8.8.8", "[::ffff:8.8.8.8]:443", "exact", "8.8.8.8" },
	{ "+8.8.8.8", "8.8.4.4:443", "unlisted", NULL },
	{ "+8.8.0.0/16", "8.8.4.4:443", "wildcard", "8.8.0.0/16" },
	{ "+8.8.0.0/16 +8.8.4.0/24:22", "8.8.4.4:22", "wildcard", "8.8.4.0/24:22" },
	{ "+8.8.0.0/16 -8.8.4.4", "8.8.4.4:443", "denied", "8.8.4.4" },
	{ "+0.0.0.0/0", "8.8.4.4:443", "wildcard", "0.0.0.0/0" },
	{ "+0.0.0.0/0", "[2606:4700::1]:443", "unlisted", NULL },
	{ "+0.0.0.0/0", "10.0.0.1:443", "address", "0.0.0.0/0" },
	{ "+8.0.0.0/5", "10.0.0.1:443", "address", "8.0.0.0/5" },
	{ "+10.0.0.0/8", "10.0.0.1:443", "wildcard", "10.0.0.0/8" },
	{ "+10.0.0.0/8:5432", "10.0.0.1:443", "port", "10.0.0.0/8:5432" },
	{ "+10.1.2.3:5432", "10.1.2.3:5432", "exact", "10.1.2.3:5432" },
	{ "+127.0.0.1:5432", "127.0.0.1:5432", "exact", "127.0.0.1:5432" },
	{ "+127.0.0.1:5432", "127.0.0.2:5432", "unlisted", NULL },
	{ "+169.254.0.0/16", "169.254.7.7:80", "wildcard", "169.254.0.0/16" },
	{ "+169.254.0.0/16", "169.254.169.254:80", "address", "169.254.0.0/16" },
	{ "+169.254.169.254", "169.254.169.254:80", "exact", "169.254.169.254" },
	{ "+100.64.0.0/10", "100.100.100.200:80", "address", "100.64.0.0/10" },
	{ "+[64:ff9b::/96]", "[64:ff9b::8.8.8.8]:80", "wildcard", "[64:ff9b::/96]" },
	{ "+[64:ff9b::/96]", "[64:ff9b::10.0.0.1]:80", "address", "[64:ff9b::/96]" },
	{ "+[2000::/3]", "[2002:7f00:1::1]:80", "address", "[2000::/3]" },
	{ "+10.0.0.0/8", "[64:ff9b::10.0.0.1]:80", "unlisted", NULL },
	{ "+fd00::/8", "[fd12::1]:80", "wildcard", "fd00::/8" },
	{ "+fd00::/8", "[fd00:ec2::254]:80", "address", "fd00::/8" },
	{ "+::/0", "[::1]:80", "address", "::/0" },
};

static void parse(const char *text, struct hostname *ret, uint16_t *port)
{
	struct hostname_fault f;

	ck_assert_msg(hostname_parse_authority(text, strlen(text), ret, port, &f), "%s: %s", text, f.why);
}

START_TEST(rules_answer)
{
	AUTO_RULES struct hostrules r = { 0 };
	struct hostrules_answer a;
	char words[300];
	struct hostname h;
	uint16_t port;

	load(&r, answers[_i].rules);
	parse(answers[_i].host, &h, &port);
	a = hostrules_judge(&r, &h, port);
	hostrules_words(&a, words, sizeof(words));
	ck_assert_msg(streq(hostrules_by_name(a.by), answers[_i].by), "%s: %s", hostrules_by_name(a.by),
		      words);
	ck_assert_int_eq(a.rule != NULL, answers[_i].rule != NULL);
	if (a.rule != NULL)
		ck_assert_str_eq(a.rule->pattern, answers[_i].rule);
	ck_assert(words[0] != '\0');
}
END_TEST

static const struct {
	const char *rules, *name, *addr, *by;
} resolved[] = {
	{ "+a.example", "a.example:443", "8.8.8.8", "exact" },
	{ "+a.example", "a.example:443", "10.0.0.1", "address" },
	{ "+a.example", "a.example:443", "127.0.0.1", "address" },
	{ "+a.example", "a.example:443", "::1", "address" },
	{ "+a.example", "a.example:443", "169.254.169.254", "address" },
	{ "+a.example", "a.example:443", "::ffff:127.0.0.1", "address" },
	{ "+a.example", "a.example:443", "64:ff9b::7f00:1", "address" },
	{ "+a.example", "a.example:22", "8.8.8.8", "port" },
	{ "+a.example", "b.example:443", "8.8.8.8", "unlisted" },
	/* by name and by address */
	{ "+a.example +10.0.0.0/8", "a.example:443", "10.0.0.1", "exact" },
	{ "+a.example +10.0.0.1", "a.example:443", "10.0.0.1", "exact" },
	{ "+a.example +10.0.0.2", "a.example:443", "10.0.0.1", "address" },
	{ "+a.example +10.0.0.0/8:22", "a.example:443", "10.0.0.1", "address" },
	{ "+10.0.0.0/8", "a.example:443", "10.0.0.1", "unlisted" },
	{ "+*.example +0.0.0.0/0", "a.example:443", "10.0.0.1", "address" },
	{ "! +10.0.0.0/8", "a.example:443", "10.0.0.1", "default" },
	{ "!", "a.example:443", "10.0.0.1", "address" },
	{ "-b.example", "a.example:443", "10.0.0.1", "address" },
	/* an address that is denied stays so under a name that is allowed */
	{ "+a.example -8.8.8.8", "a.example:443", "8.8.8.8", "denied" },
	{ "+a.example -8.8.8.8:22", "a.example:443", "8.8.8.8", "exact" },
	{ "+a.example -8.8.8.8", "a.example:443", "64:ff9b::808:808", "denied" },
	{ "+a.example +10.0.0.0/8 -10.0.0.1", "a.example:443", "10.0.0.1", "denied" },
	{ "-a.example", "a.example:443", "8.8.8.8", "denied" },
	/* the host's own: 192.0.9.9 public, 10.9.9.9 private */
	{ "+a.example", "a.example:443", "193.0.9.9", "own-address" },
	{ "+a.example +193.0.9.0/24", "a.example:443", "193.0.9.9", "own-address" },
	{ "+a.example +193.0.9.9", "a.example:443", "193.0.9.9", "exact" },
	{ "+a.example +10.0.0.0/8", "a.example:443", "10.9.9.9", "own-address" },
	{ "+a.example +10.9.9.9", "a.example:443", "10.9.9.9", "exact" },
	{ "!", "a.example:443", "193.0.9.9", "own-address" },
	{ "!", "a.example:443", "2a00::9", "own-address" },
};

START_TEST(a_name_does_not_open_an_address)
{
	const struct ipaddr own[] = { ipaddr_of("\x0a\x09\x09\x09", 4), ipaddr_of("\xc1\x00\x09\x09", 4),
				      ipaddr_of("\x2a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09", 16) };
	AUTO_RULES struct hostrules r = { 0 };
	struct hostrules_answer a;
	struct hostname name;
	struct ipaddr addr;
	char words[300];
	uint16_t port;

	load(&r, resolved[_i].rules);
	parse(resolved[_i].name, &name, &port);
	ck_assert(ipaddr_parse(resolved[_i].addr, strlen(resolved[_i].addr), &addr));
	a = hostrules_judge_addr(&r, &name, &addr, port, own, ARRAY_SIZE(own));
	hostrules_words(&a, words, sizeof(words));
	ck_assert_msg(streq(hostrules_by_name(a.by), resolved[_i].by), "%s: %s", hostrules_by_name(a.by),
		      words);
	ck_assert(a.about.class != IPADDR_UNKNOWN);
}
END_TEST

START_TEST(a_literal_of_the_hosts_own_needs_its_very_rule)
{
	const struct ipaddr own = ipaddr_of("\xc1\x00\x09\x09", 4);
	AUTO_RULES struct hostrules r = { 0 };

	load(&r, "+193.0.9.0/24");
	ck_assert_int_eq(hostrules_judge_addr(&r, NULL, &own, 443, &own, 1).by, HOSTRULES_OWN);
	ck_assert_int_eq(hostrules_judge_addr(&r, NULL, &own, 443, NULL, 0).by, HOSTRULES_WILDCARD);
	load(&r, "+193.0.9.9:443");
	ck_assert_int_eq(hostrules_judge_addr(&r, NULL, &own, 443, &own, 1).by, HOSTRULES_EXACT);
	ck_assert_int_eq(hostrules_judge_addr(&r, NULL, &own, 80, &own, 1).by, HOSTRULES_OWN);
}
END_TEST

START_TEST(no_host_and_no_address_are_refused)
{
	AUTO_RULES struct hostrules r = { .open = true };
	struct hostname none = { 0 };
	struct ipaddr addr = { 0 };

	load(&r, "+*:*");
	ck_assert(!hostrules_allowed(&(struct hostrules_answer){ 0 }));
	ck_assert_int_eq(hostrules_judge(&r, &none, 443).by, HOSTRULES_UNLISTED);
	ck_assert_int_eq(hostrules_judge_addr(&r, &none, &addr, 443, NULL, 0).by, HOSTRULES_UNLISTED);
	ck_assert_int_eq(hostrules_judge_addr(&r, NULL, &addr, 443, NULL, 0).by, HOSTRULES_ADDR);
}
END_TEST

START_TEST(the_same_again_is_no_second_rule)
{
	AUTO_RULES struct hostrules r = { 0 };

	load(&r, "+a.example +a.example +A.EXAMPLE. -a.example +a.example:443 +*.a.example +10.0.0.0/8 "
		 "+10.0.0.0/9");
	ck_assert_uint_eq(r.n, 6);
	ck_assert_uint_eq(r.nallow, 5);
	ck_assert_uint_eq(r.ndeny, 1);
}
END_TEST

START_TEST(what_is_refused_adds_nothing)
{
	AUTO_RULES struct hostrules r = { 0 };
	struct hostname_fault f;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (patterns[i].why != NULL)
			ck_assert_int_eq(hostrules_add(&r, HOSTRULES_ALLOW, patterns[i].pattern,
						       strlen(patterns[i].pattern), "here", &f),
					 -EINVAL);
	ck_assert_uint_eq(r.n + r.nallow + r.ndeny, 0);
	ck_assert_int_eq(hostrules_add_port(&r, "http", 4, &f), -EINVAL);
	ck_assert_uint_eq(r.nweb, 0);
}
END_TEST

/* The agent, a registry and a code host; nothing by a wildcard, and no address. */
START_TEST(the_builtin_list_is_names)
{
	static const char *const there[] = { "api.anthropic.com:443", "registry.npmjs.org:443",
					     "pypi.org:443", "github.com:22", "deb.debian.org:80" };
	static const char *const not [] = { "example.com:443", "upload.pypi.org:443",
					    "sentry.io:443",   "gist.github.com:443",
					    "8.8.8.8:443",     "api.anthropic.com:22" };
	AUTO_RULES struct hostrules r = { 0 };
	struct hostname_fault f;
	struct hostname h;
	uint16_t port;
	size_t n;
	const struct hostrules_builtin *b = hostrules_builtin(&n);

	for (size_t i = 0; i < n; i++)
		ck_assert_msg(hostrules_add(&r, HOSTRULES_ALLOW, b[i].pattern, strlen(b[i].pattern),
					    "built-in", &f) == 0,
			      "%s: %s", b[i].pattern, f.why);
	ck_assert_uint_eq(r.n, n);
	for (size_t i = 0; i < r.n; i++)
		ck_assert_msg(r.rule[i].name != NULL && !r.rule[i].below, "%s", r.rule[i].pattern);
	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		parse(there[i], &h, &port);
		ck_assert_msg(hostrules_judge(&r, &h, port).by == HOSTRULES_EXACT, "%s", there[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(not ); i++) {
		parse(not [i], &h, &port);
		ck_assert_msg(
		    !hostrules_allowed(&(struct hostrules_answer[]){ hostrules_judge(&r, &h, port) }[0]),
		    "%s", not [i]);
	}
}
END_TEST

static const struct {
	const char *wide, *narrow;
	enum hostrules_met met;
	const char *both;
} meets[] = {
	{ "*.a.example", "x.a.example", HOSTRULES_MEET, "x.a.example" },
	{ "x.a.example", "*.a.example", HOSTRULES_MEET, "x.a.example" },
	{ "*.a.example", "*.x.a.example", HOSTRULES_MEET, "*.x.a.example" },
	{ "*.a.example", "a.example", HOSTRULES_APART, NULL },
	{ "*.a.example", "xa.example", HOSTRULES_APART, NULL },
	{ "*.a.example", "*.a.example", HOSTRULES_MEET, "*.a.example" },
	{ "a.example", "b.example", HOSTRULES_APART, NULL },
	{ "A.example.", "a.example", HOSTRULES_MEET, "a.example" },
	{ "*", "a.example:22", HOSTRULES_APART, NULL },
	{ "*:*", "a.example:22", HOSTRULES_MEET, "a.example:22" },
	{ "*:*", "*", HOSTRULES_MEET, "*" },
	{ "a.example", "a.example:*", HOSTRULES_MEET, "a.example" },
	{ "a.example", "a.example:443", HOSTRULES_MEET, "a.example:443" },
	{ "a.example:22", "a.example:*", HOSTRULES_MEET, "a.example:22" },
	{ "a.example:22", "a.example:23", HOSTRULES_APART, NULL },
	{ "10.0.0.0/8", "10.1.0.0/16:80", HOSTRULES_MEET, "10.1.0.0/16:80" },
	{ "10.1.0.0/16", "10.0.0.0/8", HOSTRULES_MEET, "10.1.0.0/16" },
	{ "10.1.2.3", "10.0.0.0/8", HOSTRULES_MEET, "10.1.2.3" },
	{ "10.1.2.3:5432", "10.1.2.3:5432", HOSTRULES_MEET, "10.1.2.3:5432" },
	{ "2600::/32", "[2600::/48]:443", HOSTRULES_MEET, "[2600::/48]:443" },
	{ "*", "9.9.9.0/24", HOSTRULES_MEET, "9.9.9.0/24" },
	/* a rule for it may open one of the host's own */
	{ "10.0.0.0/8", "10.1.2.3", HOSTRULES_WIDER, NULL },
	{ "9.9.9.0/24", "9.9.9.9", HOSTRULES_WIDER, NULL },
	{ "*", "9.9.9.9", HOSTRULES_WIDER, NULL },
	/* what the wider one does not open */
	{ "*", "10.0.0.0/8", HOSTRULES_WIDER, NULL },
	{ "0.0.0.0/0", "10.0.0.0/8", HOSTRULES_WIDER, NULL },
	/* the private ones in it need a narrower rule than either */
	{ "0.0.0.0/0", "172.0.0.0/8", HOSTRULES_MEET, "172.0.0.0/8" },
	{ "10.1.2.3", "*", HOSTRULES_APART, NULL },
	{ "10.0.0.0/8", "11.0.0.0/8", HOSTRULES_APART, NULL },
	{ "10.0.0.0/8", "a.example", HOSTRULES_APART, NULL },
};

START_TEST(two_rules_meet)
{
	struct hostrules none = { 0 };
	char both[HOSTRULES_PATTERN];
	bool exact;

	ck_assert_int_eq(hostrules_meet(&none, meets[_i].wide, meets[_i].narrow, both, &exact),
			 meets[_i].met);
	if (meets[_i].both != NULL)
		ck_assert_str_eq(both, meets[_i].both);
}
END_TEST

/* So many rules of one side, each a host and a port out of few. */
static size_t some_rules(struct strv *v, unsigned *seed)
{
	static const char *const hosts[] = { "*",
					     "x.test",
					     "*.x.test",
					     "a.x.test",
					     "*.a.x.test",
					     "b.a.x.test",
					     "y.test",
					     "0.0.0.0/0",
					     "10.0.0.0/8",
					     "10.1.0.0/16",
					     "10.1.2.3",
					     "172.0.0.0/8",
					     "172.16.0.0/12",
					     "9.9.9.0/24",
					     "9.9.9.9",
					     "169.254.169.254",
					     "[2600::/32]",
					     "[2600::1]",
					     "[64:ff9b::/96]",
					     "[fd00::/8]" };
	static const char *const ports[] = { "", "", ":80", ":22", ":*" };
	size_t n = 1 + (size_t)rand_r(seed) % 4;

	for (size_t i = 0; i < n; i++)
		strv_addf(v, "%s%s", hosts[(size_t)rand_r(seed) % ARRAY_SIZE(hosts)],
			  ports[(size_t)rand_r(seed) % ARRAY_SIZE(ports)]);
	return n;
}

static void add_all(struct hostrules *r, const struct strv *v, uint16_t web)
{
	struct hostname_fault f;

	for (size_t i = 0; i < v->n; i++)
		ck_assert_int_eq(hostrules_add(r, HOSTRULES_ALLOW, v->v[i], strlen(v->v[i]), "here", &f), 0);
	if (web != 0)
		ck_assert_int_eq(hostrules_add_port(r, "8080", 4, &f), 0);
}

static bool opens(const struct hostrules *r, const char *name, const char *addr, uint16_t port)
{
	struct hostrules_answer a;
	struct hostname h = { 0 };
	struct ipaddr to, own;

	ck_assert(ipaddr_parse("9.9.9.9", 7, &own));
	if (name != NULL)
		ck_assert(hostname_parse(name, strlen(name), false, &h, NULL));
	if (addr == NULL) {
		a = hostrules_judge(r, &h, port);
		return hostrules_allowed(&a);
	}
	ck_assert(ipaddr_parse(addr, strlen(addr), &to));
	a = hostrules_judge_addr(r, name != NULL ? &h : NULL, &to, port, &own, 1);
	return hostrules_allowed(&a);
}

/* Of 2,000 pairs of lists: what they have in common opens nothing that the first does not, and all that both do. */
START_TEST(what_two_lists_have_in_common_opens_no_more)
{
	static const char *const names[] = { NULL,	 "x.test", "a.x.test", "b.a.x.test",
					     "c.x.test", "y.test", "z.test" };
	static const char *const addrs[] = { NULL,	   "10.1.2.3",	      "10.1.9.9",	 "10.9.9.9",
					     "172.16.0.1", "172.99.0.1",      "9.9.9.9",	 "9.9.9.8",
					     "8.8.8.8",	   "169.254.169.254", "127.0.0.1",	 "2600::1",
					     "2600::2",	   "fd00::1",	      "64:ff9b::a01:203" };
	static const uint16_t ports[] = { 22, 80, 443, 8080 };
	unsigned seed = 1, common = 0;

	for (int round = 0; round < 2000; round++) {
		AUTO_RULES struct hostrules u = { 0 }, p = { 0 }, m = { 0 };
		AUTO_STRV struct strv user = { 0 }, project = { 0 }, met = { 0 };
		uint16_t web = round % 3 == 0 ? 8080 : 0;
		bool wider = false, exact;

		some_rules(&user, &seed);
		some_rules(&project, &seed);
		add_all(&u, &user, web);
		add_all(&p, &project, web);
		for (size_t i = 0; i < user.n; i++)
			for (size_t k = 0; k < project.n; k++) {
				char both[HOSTRULES_PATTERN];
				enum hostrules_met r =
				    hostrules_meet(&u, user.v[i], project.v[k], both, &exact);

				wider = wider || r == HOSTRULES_WIDER;
				if (r == HOSTRULES_MEET)
					strv_add(&met, both);
			}
		add_all(&m, &met, web);
		for (size_t i = 0; i < ARRAY_SIZE(names) * ARRAY_SIZE(addrs) * ARRAY_SIZE(ports); i++) {
			const char *name = names[i % ARRAY_SIZE(names)],
				   *addr = addrs[i / ARRAY_SIZE(names) % ARRAY_SIZE(addrs)];
			uint16_t port = ports[i / ARRAY_SIZE(names) / ARRAY_SIZE(addrs)];
			bool left;

			if (name == NULL && addr == NULL)
				continue;
			left = opens(&m, name, addr, port);
			common += left;
			ck_assert_msg(!left || opens(&u, name, addr, port), "%d: %s %s:%u", round,
				      name != NULL ? name : "-", addr != NULL ? addr : "-", port);
			ck_assert_msg(left || wider || !opens(&u, name, addr, port) ||
					  !opens(&p, name, addr, port),
				      "%d: not %s %s:%u", round, name != NULL ? name : "-",
				      addr != NULL ? addr : "-", port);
			ck_assert_msg(!left || addr != NULL || opens(&p, name, NULL, port), "%d: %s:%u",
				      round, name, port);
		}
	}
	ck_assert_uint_gt(common, 2000);
}
END_TEST

/* The processor time of so many questions to that set, in ns. */
static double ask(const struct hostrules *r, unsigned times)
{
	struct timespec a, b;
	unsigned allowed = 0;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (unsigned i = 0; i < times; i++) {
		struct hostname h;
		char text[80];
		int n = snprintf(text, sizeof(text), "w%u.x%u.host%u.example", i, i, i % 20000);

		struct hostrules_answer got;

		ck_assert(hostname_parse(text, (size_t)n, false, &h, NULL));
		got = hostrules_judge(r, &h, 443);
		allowed += hostrules_allowed(&got);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	ck_assert_uint_gt(allowed, 0);
	return (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
}

/* A list of 10,000 names, 10,000 wildcards and 2,000 networks costs what one of three costs; tenfold is far from both. */
START_TEST(ten_thousand_rules_answer_as_fast_as_ten)
{
	AUTO_RULES struct hostrules few = { 0 }, many = { 0 };
	struct hostname_fault f;

	load(&few, "+*.host1.example +a.example +10.0.0.0/8");
	for (unsigned i = 0; i < 10000; i++) {
		char text[80];

		for (int k = 0; k < 3 - (i >= 2000); k++) {
			if (k == 2)
				snprintf(text, sizeof(text), "10.%u.%u.0/24", i / 256, i % 256);
			else
				snprintf(text, sizeof(text), "%shost%u.example", k == 1 ? "*." : "", i);
			ck_assert_int_eq(
			    hostrules_add(&many, HOSTRULES_ALLOW, text, strlen(text), "list", &f), 0);
		}
	}
	ck_assert_uint_eq(many.n, 22000);
	ask(&few, 1000);
	ask(&many, 1000);
	ck_assert_double_lt(ask(&many, 20000), 10 * ask(&few, 20000));
}
END_TEST

Suite *hostrules_suite(void)
{
	Suite *s = suite_create("hostrules");
	TCase *tc = tcase_create("hostrules");

	tcase_add_loop_test(tc, a_pattern_is_good_or_its_fault_has_a_place, 0, (int)ARRAY_SIZE(patterns));
	tcase_add_test(tc, what_is_never_reached_may_be_denied);
	tcase_add_loop_test(tc, rules_answer, 0, (int)ARRAY_SIZE(answers));
	tcase_add_loop_test(tc, a_name_does_not_open_an_address, 0, (int)ARRAY_SIZE(resolved));
	tcase_add_test(tc, a_literal_of_the_hosts_own_needs_its_very_rule);
	tcase_add_test(tc, no_host_and_no_address_are_refused);
	tcase_add_test(tc, the_same_again_is_no_second_rule);
	tcase_add_test(tc, what_is_refused_adds_nothing);
	tcase_add_test(tc, the_builtin_list_is_names);
	tcase_add_loop_test(tc, two_rules_meet, 0, (int)ARRAY_SIZE(meets));
	tcase_add_test(tc, what_two_lists_have_in_common_opens_no_more);
	tcase_add_test(tc, ten_thousand_rules_answer_as_fast_as_ten);
	suite_add_tcase(s, tc);
	return s;
}
