/* SPDX-License-Identifier: MIT */
/* Questions as a resolver sends them, what each gets, and answers byte by byte. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "egress/dns.h"
#include "mem.h"
#include "rows.h"
#include "util.h"

#define AUTO_RULES __attribute__((cleanup(hostrules_done)))

/* "12 34 ..." as bytes. The number of them. */
static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	int used;
	unsigned v;

	for (; sscanf(text, " %2x%n", &v, &used) == 1; text += used)
		out[n++] = (uint8_t)v;
	return n;
}

/* The bytes in hex, exactly as long as they are. Owned. */
static uint8_t *exact(const char *hex, size_t *ret_n)
{
	uint8_t *all = xmalloc(strlen(hex) + 1), *out;

	*ret_n = from_hex(hex, all);
	out = *ret_n > 0 ? xmemdup(all, *ret_n) : xmalloc(1);
	free(all);
	return out;
}

START_TEST(a_question_is_read_strictly)
{
	AUTO_ROWS struct rows r = rows_load("fixtures/egress/questions.tsv", 3);

	for (size_t i = 0; i < r.n; i++) {
		size_t n;
		AUTO_FREE uint8_t *msg = exact(r.row[i].field[2], &n);
		struct dns_query q;
		char got[400] = "drop";

		if (dns_parse(msg, n, &q))
			snprintf(got, sizeof(got), "%d %s %u%s %u", q.rcode,
				 q.name.kind != HOSTNAME_NONE ? q.name.text : "-", q.type,
				 q.edns ? " edns" : "", q.room);
		ck_assert_msg(streq(got, r.row[i].field[0]), "line %u (%s): %s", r.row[i].line,
			      r.row[i].field[1], got);
	}
}
END_TEST

/* A question for a name of plain labels. */
static struct dns_query question(const char *name, uint16_t type, bool edns)
{
	uint8_t msg[600] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns };
	size_t n = 12;
	struct dns_query q;

	while (*name != '\0') {
		size_t label = strcspn(name, ".");

		msg[n++] = (uint8_t)label;
		memcpy(msg + n, name, label);
		n += label;
		name += label + (name[label] == '.');
	}
	msg[n++] = 0;
	msg[n++] = (uint8_t)(type >> 8);
	msg[n++] = (uint8_t)type;
	msg[n++] = 0;
	msg[n++] = 1;
	if (edns) {
		memcpy(msg + n, "\0\0\x29\x10\0\0\0\0\0\0\0", 11);
		n += 11;
	}
	ck_assert(dns_parse(msg, n, &q));
	ck_assert_int_eq(q.rcode, DNS_NOERROR);
	return q;
}

static const struct {
	const char *name;
	uint16_t type;
	enum dns_act act;
	enum hostrules_by by;
} acts[] = {
	{ "a.example", DNS_A, DNS_ACT_GIVE, HOSTRULES_EXACT },
	{ "A.EXAMPLE", DNS_AAAA, DNS_ACT_GIVE, HOSTRULES_EXACT },
	{ "a.example", DNS_HTTPS, DNS_ACT_NODATA, HOSTRULES_EXACT },
	{ "a.example", DNS_SVCB, DNS_ACT_NODATA, HOSTRULES_EXACT },
	{ "a.example", DNS_ANY, DNS_ACT_NODATA, HOSTRULES_EXACT },
	{ "a.example", 15, DNS_ACT_NODATA, HOSTRULES_EXACT },
	{ "a.example", DNS_TXT, DNS_ACT_RESOLVE, HOSTRULES_EXACT },
	{ "x.b.example", DNS_A, DNS_ACT_RESOLVE, HOSTRULES_WILDCARD },
	{ "x.b.example", DNS_HTTPS, DNS_ACT_NODATA, HOSTRULES_WILDCARD },
	{ "_ssh._tcp.b.example", DNS_SRV, DNS_ACT_RESOLVE, HOSTRULES_WILDCARD },
	{ "no.b.example", DNS_A, DNS_ACT_REFUSE, HOSTRULES_DENIED },
	{ "b.example", DNS_A, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	{ "c.example", DNS_AAAA, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	{ "c.example", DNS_HTTPS, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	{ "c.example", DNS_TXT, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	{ "secret.a.example", DNS_A, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	{ "_ssh._tcp.a.example", DNS_SRV, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	{ "4.3.2.1.in-addr.arpa", DNS_PTR, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	/* an address is no name, though a rule allows it */
	{ "8.8.8.8", DNS_A, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	{ "bad host.b.example", DNS_A, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
	{ "", DNS_A, DNS_ACT_REFUSE, HOSTRULES_UNLISTED },
};

START_TEST(a_question_gets_what_the_rules_say)
{
	static const char *const allow[] = { "a.example:22", "*.b.example", "8.8.8.8" };
	AUTO_RULES struct hostrules r = { 0 };
	struct dns_query q = question(acts[_i].name, acts[_i].type, false);
	struct hostrules_answer a;
	struct hostname_fault f;

	for (size_t i = 0; i < ARRAY_SIZE(allow); i++)
		ck_assert_int_eq(hostrules_add(&r, HOSTRULES_ALLOW, allow[i], strlen(allow[i]), "here", &f),
				 0);
	ck_assert_int_eq(hostrules_add(&r, HOSTRULES_DENY, "no.b.example", 12, "here", &f), 0);
	ck_assert_int_eq(dns_decide(&q, &r, &a), acts[_i].act);
	ck_assert_int_eq(a.by, acts[_i].by);
	q.rcode = DNS_FORMERR;
	ck_assert_int_eq(dns_decide(&q, &r, &a), DNS_ACT_RCODE);
}
END_TEST

START_TEST(names_that_nobody_has_are_not_asked_for)
{
	static const char *const names[] = { "localhost", "x.localhost", "proof.invalid", "INVALID",
					     "abc.onion" };
	static const char *const others[] = { "localhost.example", "invalid.com", "onion.example", "printer",
					      "a.test" };
	struct hostrules open = { .open = true };
	struct hostrules_answer a;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct dns_query q = question(names[i], DNS_A, false),
				 other = question(others[i], DNS_A, false);

		ck_assert_msg(dns_decide(&q, &open, &a) == DNS_ACT_REFUSE, "%s", names[i]);
		ck_assert_msg(dns_decide(&other, &open, &a) == DNS_ACT_RESOLVE, "%s", others[i]);
	}
}
END_TEST

static void same(const uint8_t *got, size_t n, const char *hex)
{
	uint8_t want[600];
	size_t m = from_hex(hex, want);

	ck_assert_uint_eq(n, m);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(got[i] == want[i], "byte %zu is %02x, not %02x", i, got[i], want[i]);
}

#define QUESTION "01 61 02 54 56 00 00 01 00 01"

START_TEST(answers_are_these_bytes)
{
	struct dns_query q = question("a.TV", DNS_A, false), e = question("a.TV", DNS_A, true);
	struct ipaddr v4 = ipaddr_of("\xc6\x12\x07\x09", 4),
		      v6 = ipaddr_of("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x42", 16);
	uint8_t out[600];
	struct dns_answer a;

	dns_begin(&a, &q, DNS_NOERROR, out, sizeof(out), false);
	ck_assert(dns_add_addr(&a, &v4, 60));
	same(out, dns_end(&a, 60),
	     "12 34 81 80 00 01 00 01 00 00 00 00" QUESTION
	     "c0 0c 00 01 00 01 00 00 00 3c 00 04 c6 12 07 09");
	dns_begin(&a, &e, DNS_NOERROR, out, sizeof(out), true);
	ck_assert(dns_add_addr(&a, &v6, 1));
	same(out, dns_end(&a, 60),
	     "00 3d 12 34 81 80 00 01 00 01 00 00 00 01" QUESTION
	     "c0 0c 00 1c 00 01 00 00 00 01 00 10 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 42"
	     "00 00 29 04 d0 00 00 00 00 00 00");
	dns_begin(&a, &q, DNS_NXDOMAIN, out, sizeof(out), false);
	same(out, dns_end(&a, 5),
	     "12 34 81 83 00 01 00 00 00 01 00 00" QUESTION
	     "00 00 06 00 01 00 00 00 05 00 16 00 00 00 00 00 01 00 00 0e 10 00 00 0e 10 00 00 0e 10 00 00 "
	     "00 05");
	dns_begin(&a, &q, DNS_NOERROR, out, sizeof(out), false);
	same(out, dns_end(&a, 5),
	     "12 34 81 80 00 01 00 00 00 01 00 00" QUESTION
	     "00 00 06 00 01 00 00 00 05 00 16 00 00 00 00 00 01 00 00 0e 10 00 00 0e 10 00 00 0e 10 00 00 "
	     "00 05");
	dns_begin(&a, &e, DNS_BADVERS, out, sizeof(out), false);
	same(out, dns_end(&a, 5),
	     "12 34 81 80 00 01 00 00 00 00 00 01" QUESTION "00 00 29 04 d0 01 00 00 00 00 00");
	q.raw_len = 0;
	dns_begin(&a, &q, DNS_FORMERR, out, sizeof(out), false);
	same(out, dns_end(&a, 5), "12 34 81 81 00 00 00 00 00 00 00 00");
	dns_begin(&a, &q, DNS_SERVFAIL, out, sizeof(out), false);
	same(out, dns_end(&a, 5), "12 34 81 82 00 00 00 00 00 00 00 00");
}
END_TEST

/* As many addresses as there is room for: never more bytes than that, and TC when one is missing. */
START_TEST(what_has_no_room_is_cut_and_said)
{
	static const char longest[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
				      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
				      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
				      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct ipaddr v6 = ipaddr_of("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x42", 16);

	for (int edns = 0; edns < 2; edns++) {
		for (int tcp = 0; tcp < 2; tcp++) {
			for (unsigned count = 0; count < 200; count++) {
				struct dns_query q = question(count % 2 ? longest : "a.b", DNS_AAAA, edns);
				size_t size = tcp ? 2000 : q.room, n;
				AUTO_FREE uint8_t *out = xmalloc(size);
				unsigned added = 0;
				struct dns_answer a;

				dns_begin(&a, &q, DNS_NOERROR, out, size, tcp);
				for (unsigned i = 0; i < count; i++)
					added += dns_add_addr(&a, &v6, 1);
				n = dns_end(&a, 60);
				ck_assert_uint_le(n, size);
				ck_assert_int_eq((out[tcp ? 4 : 2] & 2) != 0, added < count);
				ck_assert_uint_eq(out[tcp ? 9 : 7], added);
				if (tcp)
					ck_assert_uint_eq((size_t)(out[0] << 8 | out[1]) + 2, n);
			}
		}
	}
}
END_TEST

START_TEST(tcp_messages_have_their_length_in_front)
{
	uint8_t buf[DNS_QUERY_MAX + 3] = { 0, 12 };

	ck_assert_uint_eq(dns_tcp_frame(buf, 0), 0);
	ck_assert_uint_eq(dns_tcp_frame(buf, 1), 0);
	ck_assert_uint_eq(dns_tcp_frame(buf, 2), 0);
	ck_assert_uint_eq(dns_tcp_frame(buf, 13), 0);
	ck_assert_uint_eq(dns_tcp_frame(buf, 14), 14);
	ck_assert_uint_eq(dns_tcp_frame(buf, 20), 14);
	buf[1] = 11;
	ck_assert_uint_eq(dns_tcp_frame(buf, 20), SIZE_MAX);
	buf[0] = DNS_QUERY_MAX >> 8;
	buf[1] = DNS_QUERY_MAX & 0xff;
	ck_assert_uint_eq(dns_tcp_frame(buf, sizeof(buf)), DNS_QUERY_MAX + 2);
	buf[1]++;
	ck_assert_uint_eq(dns_tcp_frame(buf, 2), SIZE_MAX);
}
END_TEST

Suite *dns_suite(void)
{
	Suite *s = suite_create("dns");
	TCase *tc = tcase_create("dns");

	tcase_add_test(tc, a_question_is_read_strictly);
	tcase_add_loop_test(tc, a_question_gets_what_the_rules_say, 0, (int)ARRAY_SIZE(acts));
	tcase_add_test(tc, names_that_nobody_has_are_not_asked_for);
	tcase_add_test(tc, answers_are_these_bytes);
	tcase_add_test(tc, what_has_no_room_is_cut_and_said);
	tcase_add_test(tc, tcp_messages_have_their_length_in_front);
	suite_add_tcase(s, tc);
	return s;
}
