/* SPDX-License-Identifier: MIT */
#include "egress/names.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "util.h"

static struct names t;

static void begin(void)
{
	names_init(&t);
}

static void end(void)
{
	names_done(&t);
}

static struct hostname host(const char *text)
{
	struct hostname h;

	ck_assert_msg(hostname_parse(text, strlen(text), false, &h, NULL), "%s", text);
	return h;
}

static struct name *give(const char *text, uint64_t now)
{
	struct hostname h = host(text);

	return names_give(&t, &h, now);
}

START_TEST(a_name_has_its_addresses_and_they_have_the_name)
{
	const struct name *a = give("a.test", 0), *b = give("b.test", 0);
	char text[IPADDR_TEXT];
	struct ipaddr x;
	bool synthetic;

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_ne(a, b);
	ck_assert_ptr_eq(give("a.test", 5), a);
	x = names_address(b, false);
	ck_assert_str_eq(ipaddr_text(&x, text), "198.18.1.1");
	ck_assert_ptr_eq(names_find(&t, &x, &synthetic), b);
	ck_assert(synthetic);
	x = names_address(b, true);
	ck_assert_str_eq(ipaddr_text(&x, text), "fd63:7362:2::c612:101");
	ck_assert_ptr_eq(names_find(&t, &x, &synthetic), b);
	ck_assert(synthetic);
}
END_TEST

START_TEST(other_addresses_are_nobodys)
{
	static const struct {
		const char *text;
		bool synthetic;
	} rows[] = {
		{ "198.18.1.1", true },
		{ "198.18.0.1", true },
		{ "198.19.255.255", true },
		{ "198.20.1.0", false },
		{ "198.17.1.0", false },
		{ "9.18.1.0", false },
		{ "fd63:7362:2::", true },
		{ "fd63:7362:2::1", true },
		{ "fd63:7362:2:1::c612:100", false },
		{ "fd63:7362:1::2", false },
		{ "::ffff:9.9.9.9", false },
	};

	ck_assert_ptr_nonnull(give("a.test", 0));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ipaddr a;
		bool synthetic = !rows[i].synthetic;

		ck_assert(ipaddr_parse(rows[i].text, strlen(rows[i].text), &a));
		ck_assert_msg(names_find(&t, &a, &synthetic) == NULL, "%s", rows[i].text);
		ck_assert_msg(synthetic == rows[i].synthetic, "%s", rows[i].text);
	}
}
END_TEST

START_TEST(new_names_come_so_fast_and_no_faster)
{
	char text[32];
	size_t n = 0;

	for (size_t i = 0; i < 3 * NAMES_PER_SECOND; i++) {
		snprintf(text, sizeof(text), "n%zu.test", i);
		n += give(text, 1000) != NULL;
	}
	ck_assert_uint_eq(n, NAMES_PER_SECOND);
	/* One that is there is given all the same; a second later there are new ones again. */
	ck_assert_ptr_nonnull(give("n0.test", 1000));
	ck_assert_ptr_null(give("new.test", 1000));
	ck_assert_ptr_nonnull(give("new.test", 2000));
}
END_TEST

/* Fills the table; the clock stands still for no more than a second's names. */
static uint64_t fill(void)
{
	uint64_t now = 0;
	char text[32];

	for (size_t i = 0; i < NAMES_MAX; i++) {
		snprintf(text, sizeof(text), "n%zu.test", i);
		now += i % NAMES_PER_SECOND == 0 ? 1000 : 0;
		ck_assert_msg(give(text, now) != NULL, "%zu", i);
	}
	return now;
}

START_TEST(a_full_table_reuses_what_nothing_needs_the_oldest_first)
{
	uint64_t now = fill(), later = now + 200000;
	struct name *first = give("n0.test", now), *second = give("n1.test", now), *third;
	struct ipaddr was = names_address(second, false);
	bool synthetic;

	/* Every answer may still be remembered. */
	ck_assert_ptr_null(give("new.test", now + 2000));
	ck_assert_uint_eq(t.n, NAMES_MAX);
	/* All are old, and the oldest is in use. */
	third = give("n2.test", now);
	for (size_t i = 3; i < NAMES_MAX; i++) {
		char text[32];

		snprintf(text, sizeof(text), "n%zu.test", i);
		ck_assert_ptr_nonnull(give(text, now));
	}
	first->used = 1;
	ck_assert_ptr_eq(give("new.test", later), second);
	ck_assert_str_eq(second->host.text, "new.test");
	ck_assert_ptr_eq(names_find(&t, &was, &synthetic), second);
	ck_assert_ptr_eq(give("newer.test", later), third);
	first->used = 0;
	ck_assert_ptr_eq(give("newest.test", later), first);
	/* The old name is a new one. */
	ck_assert_ptr_ne(give("n1.test", later), second);
}
END_TEST

Suite *names_suite(void)
{
	Suite *s = suite_create("names");
	TCase *tc = tcase_create("names");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, a_name_has_its_addresses_and_they_have_the_name);
	tcase_add_test(tc, other_addresses_are_nobodys);
	tcase_add_test(tc, new_names_come_so_fast_and_no_faster);
	tcase_add_test(tc, a_full_table_reuses_what_nothing_needs_the_oldest_first);
	suite_add_tcase(s, tc);
	return s;
}
