/* SPDX-License-Identifier: MIT */
/* Spellings of hosts and addresses: one meaning each, or none; and the table of addresses. */
#include "unit.h"

#include <string.h>

#include "egress/hostname.h"
#include "rows.h"
#include "util.h"

START_TEST(a_host_has_one_spelling_or_none)
{
	AUTO_ROWS struct rows r = rows_load("fixtures/egress/hosts.tsv", 2);

	for (size_t i = 0; i < r.n; i++) {
		const struct rows_row *row = &r.row[i];
		struct hostname_fault f = { .at = 9999 };
		struct hostname h, again;
		bool good = hostname_parse(row->field[1], row->n[1], false, &h, &f);

		ck_assert_msg(good == !streq(row->field[0], "-"), "line %u: %s", row->line,
			      good ? h.text : f.why);
		ck_assert_msg(
		    good || (f.at <= row->n[1] && f.why != NULL && h.kind == HOSTNAME_NONE && h.len == 0),
		    "line %u: byte %zu", row->line, f.at);
		if (!good)
			continue;
		ck_assert_msg(streq(h.text, row->field[0]) && h.len == strlen(h.text), "line %u: %s",
			      row->line, h.text);
		ck_assert(hostname_parse(h.text, h.len, true, &again, NULL) && hostname_equal(&h, &again));
	}
}
END_TEST

static const struct {
	const char *text;
	size_t at;
	const char *why;
} faults[] = {
	{ "a..b", 2, "an empty label" },
	{ "ab-.c", 2, "hyphen" },
	{ "x.-b", 2, "hyphen" },
	{ "a b", 1, "a space" },
	{ "a%2e", 1, "percent" },
	{ "u@b", 1, "@" },
	{ "b\xc3\xbc", 1, "A-label" },
	{ "a\x01", 1, "control" },
	{ "127.1", 4, "IPv4" },
	{ "a.0x7", 2, "IPv4" },
	{ "[fe80::1%e]", 1, "zone" },
	{ "[12]", 0, "brackets" },
	{ "", 0, "an empty name of a host" },
};

START_TEST(a_fault_says_where_and_why)
{
	struct hostname_fault f;
	struct hostname h;

	ck_assert(!hostname_parse(faults[_i].text, strlen(faults[_i].text), false, &h, &f));
	ck_assert_uint_eq(f.at, faults[_i].at);
	ck_assert_msg(strstr(f.why, faults[_i].why) != NULL, "%s", f.why);
}
END_TEST

static const struct {
	const char *text, *host; /* NULL: refused */
	unsigned port;
} authorities[] = {
	{ "a.example", "a.example", 0 },
	{ "a.example:1", "a.example", 1 },
	{ "A.example.:65535", "a.example", 65535 },
	{ "[::1]:22", "::1", 22 },
	{ "[::1]", "::1", 0 },
	{ "10.0.0.1:5432", "10.0.0.1", 5432 },
	{ "[::ffff:10.0.0.1]:80", "10.0.0.1", 80 },
	{ "a.example:0", NULL, 0 },
	{ "a.example:65536", NULL, 0 },
	{ "a.example:080", NULL, 0 },
	{ "a.example:+80", NULL, 0 },
	{ "a.example: 80", NULL, 0 },
	{ "a.example:80 ", NULL, 0 },
	{ "a.example:", NULL, 0 },
	{ "a.example:80:80", NULL, 0 },
	{ "::1", NULL, 0 },
	{ "[::1]80", NULL, 0 },
	{ "[::1]:", NULL, 0 },
	{ ":80", NULL, 0 },
	{ "", NULL, 0 },
	{ "u:p@a.example:80", NULL, 0 },
	{ "a.example:99999999999999999999", NULL, 0 },
};

START_TEST(an_authority_is_a_host_and_maybe_a_port)
{
	const char *text = authorities[_i].text;
	struct hostname h;
	uint16_t port = 9;
	bool good = hostname_parse_authority(text, strlen(text), &h, &port, NULL);

	ck_assert_int_eq(good, authorities[_i].host != NULL);
	if (good) {
		ck_assert_str_eq(h.text, authorities[_i].host);
		ck_assert_uint_eq(port, authorities[_i].port);
	}
}
END_TEST

static const struct {
	const char *text, *class;
	unsigned need;
} addresses[] = {
	{ "8.8.8.8", "public", 0 },
	{ "0.0.0.0", "this-host", IPADDR_NEVER },
	{ "0.1.2.3", "this-host", IPADDR_NEVER },
	{ "1.0.0.0", "public", 0 },
	{ "9.255.255.255", "public", 0 },
	{ "10.0.0.0", "private", 8 },
	{ "10.255.255.255", "private", 8 },
	{ "11.0.0.0", "public", 0 },
	{ "100.63.255.255", "public", 0 },
	{ "100.64.0.0", "cgnat", 10 },
	{ "100.127.255.255", "cgnat", 10 },
	{ "100.128.0.0", "public", 0 },
	{ "100.100.100.200", "metadata", 32 },
	{ "127.0.0.1", "loopback", 32 },
	{ "127.255.255.255", "loopback", 32 },
	{ "168.63.129.16", "metadata", 32 },
	{ "168.63.129.17", "public", 0 },
	{ "169.254.1.1", "link-local", 16 },
	{ "169.254.169.254", "metadata", 32 },
	{ "169.254.170.2", "metadata", 32 },
	{ "172.15.255.255", "public", 0 },
	{ "172.16.0.0", "private", 12 },
	{ "172.31.255.255", "private", 12 },
	{ "172.32.0.0", "public", 0 },
	{ "192.0.0.1", "protocol", 24 },
	{ "192.0.2.1", "documentation", 24 },
	{ "192.168.0.1", "private", 16 },
	{ "192.169.0.1", "public", 0 },
	{ "198.17.255.255", "public", 0 },
	{ "198.18.0.0", "benchmark", 15 },
	{ "198.19.255.255", "benchmark", 15 },
	{ "198.20.0.0", "public", 0 },
	{ "224.0.0.1", "multicast", IPADDR_NEVER },
	{ "239.255.255.255", "multicast", IPADDR_NEVER },
	{ "240.0.0.1", "reserved", 4 },
	{ "255.255.255.255", "broadcast", IPADDR_NEVER },
	{ "::", "this-host", IPADDR_NEVER },
	{ "::1", "loopback", 128 },
	{ "::2", "reserved", 128 },
	{ "::10.0.0.1", "reserved", 128 },
	{ "::ffff:0:10.0.0.1", "reserved", 128 },
	{ "::ffff:10.0.0.1", "private", 8 },
	{ "::ffff:8.8.8.8", "public", 0 },
	{ "::ffff:169.254.169.254", "metadata", 32 },
	{ "64:ff9b::8.8.8.8", "public", 0 },
	{ "64:ff9b::10.0.0.1", "hidden", 128 },
	{ "64:ff9b::7f00:1", "hidden", 128 },
	{ "64:ff9b:1::8.8.8.8", "private", 48 },
	{ "100::1", "reserved", 64 },
	{ "2001:4860:4860::8888", "public", 0 },
	{ "2001:db8::1", "documentation", 32 },
	{ "3fff::1", "documentation", 20 },
	{ "2002:808:808::1", "public", 0 },
	{ "2002:a9fe:a9fe::", "hidden", 128 },
	{ "2002:7f00:1::", "hidden", 128 },
	/* Teredo: the server in the clear, the client inverted; 8.8.8.8 and 10.0.0.1 */
	{ "2001:0:808:808::f7f7:f7f7", "public", 0 },
	{ "2001:0:808:808::f5ff:fffe", "hidden", 128 },
	{ "2001:0:a00:1::f7f7:f7f7", "hidden", 128 },
	{ "2001:1::1", "protocol", 23 },
	{ "fc00::1", "private", 7 },
	{ "fd00:ec2::254", "metadata", 128 },
	{ "fd20:ce::254", "metadata", 128 },
	{ "fe80::1", "link-local", 10 },
	{ "fe80::a9fe:a9fe", "metadata", 128 },
	{ "febf::1", "link-local", 10 },
	{ "fec0::1", "private", 10 },
	{ "ff02::1", "multicast", IPADDR_NEVER },
	{ "4000::1", "reserved", 128 },
};

START_TEST(every_address_has_a_class)
{
	const char *text = addresses[_i].text;
	struct ipaddr_about about;
	struct ipaddr a;

	ck_assert(ipaddr_parse(text, strlen(text), &a));
	about = ipaddr_about(&a);
	ck_assert_str_eq(about.name, addresses[_i].class);
	ck_assert_uint_eq(about.need, addresses[_i].need);
	ck_assert(about.words[0] != '\0' && about.meaning[0] != '\0');
}
END_TEST

START_TEST(no_address_is_unknown)
{
	struct ipaddr none = { 0 }, odd = ipaddr_of("12345", 5);
	char buf[IPADDR_TEXT];

	ck_assert_int_eq(ipaddr_about(&none).class, IPADDR_UNKNOWN);
	ck_assert_uint_eq(ipaddr_about(&none).need, IPADDR_NEVER);
	ck_assert_uint_eq(odd.bytes, 0);
	ck_assert_str_eq(ipaddr_text(&none, buf), "none");
}
END_TEST

START_TEST(under_counts_bits)
{
	struct ipaddr a = ipaddr_of("\x0a\x80\xff\x01", 4), b = ipaddr_of("\x0a\x80\xff\x00", 4),
		      v6 = { .bytes = 16 };

	ck_assert(ipaddr_under(&a, &b, 31));
	ck_assert(!ipaddr_under(&a, &b, 32));
	ck_assert(ipaddr_under(&a, &a, 32));
	ck_assert(!ipaddr_under(&a, &a, 33));
	ck_assert(ipaddr_under(&a, &b, 0));
	ck_assert(!ipaddr_under(&v6, &b, 0));
}
END_TEST

START_TEST(a_number_is_plain)
{
	uint64_t v = 77;

	ck_assert(hostname_number("0", 1, 0, 9, &v) && v == 0);
	ck_assert(hostname_number("18446744073709551615", 20, 0, UINT64_MAX, &v) && v == UINT64_MAX);
	ck_assert(!hostname_number("18446744073709551616", 20, 0, UINT64_MAX, &v));
	ck_assert(!hostname_number("00", 2, 0, 9, &v) && !hostname_number("", 0, 0, 9, &v));
	ck_assert(!hostname_number("10", 2, 0, 9, &v) && !hostname_number("1", 1, 2, 9, &v));
	ck_assert(!hostname_number("1 ", 2, 0, 99, &v) && !hostname_number("-1", 2, 0, 99, &v));
}
END_TEST

static const struct {
	const char *text;
	bool loopback;
} loopbacks[] = {
	{ "127.0.0.1", true },
	{ "127.255.255.254", true },
	{ "0.0.0.0", true },
	{ "0.1.2.3", true },
	{ "[::1]", true },
	{ "[::]", true },
	{ "[::ffff:127.9.9.9]", true },
	{ "LocalHost.", true },
	{ "a.localhost", true },
	{ "localhost.a", false },
	{ "mylocalhost", false },
	{ "128.0.0.1", false },
	{ "[::2]", false },
	{ "[1::1]", false },
	{ "ocalhost", false },
};

START_TEST(some_hosts_are_the_machine_itself)
{
	const char *text = loopbacks[_i].text;
	struct hostname h;

	ck_assert(hostname_parse(text, strlen(text), false, &h, NULL));
	ck_assert_int_eq(hostname_is_loopback(&h), loopbacks[_i].loopback);
}
END_TEST

Suite *hostname_suite(void)
{
	Suite *s = suite_create("hostname");
	TCase *tc = tcase_create("hostname");

	tcase_add_test(tc, a_host_has_one_spelling_or_none);
	tcase_add_loop_test(tc, a_fault_says_where_and_why, 0, (int)ARRAY_SIZE(faults));
	tcase_add_loop_test(tc, an_authority_is_a_host_and_maybe_a_port, 0, (int)ARRAY_SIZE(authorities));
	tcase_add_loop_test(tc, every_address_has_a_class, 0, (int)ARRAY_SIZE(addresses));
	tcase_add_test(tc, no_address_is_unknown);
	tcase_add_test(tc, under_counts_bits);
	tcase_add_test(tc, a_number_is_plain);
	tcase_add_loop_test(tc, some_hosts_are_the_machine_itself, 0, (int)ARRAY_SIZE(loopbacks));
	suite_add_tcase(s, tc);
	return s;
}
