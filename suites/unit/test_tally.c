/* SPDX-License-Identifier: MIT */
#include "egress/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "unit.h"

static struct egress e;

static void begin(void)
{
	e = (struct egress){ .account = xcalloc(1, sizeof(*e.account)) };
}

static void end(void)
{
	free(e.account);
}

static const struct egress_row *row_of(enum egress_side side, const char *host)
{
	for (size_t i = 0; i < e.account->n[side]; i++)
		if (strcmp(e.account->row[side][i].host, host) == 0)
			return &e.account->row[side][i];
	return NULL;
}

static void sends(struct tally_place *p, const char *host, uint64_t n)
{
	if (!tally_bytes(&e, p, n, 0))
		tally_again(&e, p, host, n, 0);
}

static struct tally_place connects(const char *host, uint64_t n)
{
	struct tally_place p = tally_reached(&e, host);

	sends(&p, host, n);
	return p;
}

static void decoys(const char *what, unsigned from, unsigned n, uint64_t bytes)
{
	char host[40];

	for (unsigned i = from; i < from + n; i++) {
		snprintf(host, sizeof(host), "%s%u.test:80", what, i);
		connects(host, bytes);
	}
}

/* Of all connections. */
static uint64_t times(enum egress_side side)
{
	uint64_t sum = e.account->more[side];

	for (size_t i = 0; i < e.account->n[side]; i++)
		sum += e.account->row[side][i].times;
	return sum;
}

START_TEST(cheap_hosts_hide_none)
{
	const struct egress_row *row;

	decoys("before", 0, 312, 1);
	connects("45.1.1.3:80", 5000);
	decoys("behind", 0, 1000, 1);
	row = row_of(EGRESS_SIDE_REACHED, "45.1.1.3:80");
	ck_assert_ptr_nonnull(row);
	ck_assert_uint_eq(row->sent, 5000);
	ck_assert_uint_eq(row->times, 1);
	ck_assert_uint_eq(times(EGRESS_SIDE_REACHED), 1313);
	ck_assert_uint_eq(e.account->sent, 6312);
	ck_assert_uint_eq(e.account->n[EGRESS_SIDE_REACHED], EGRESS_ROWS);
}
END_TEST

/* Nor where what is sent goes out in many connections, little with each, between those of the others. */
START_TEST(little_by_little)
{
	decoys("before", 0, EGRESS_ROWS, 20);
	for (unsigned i = 0; i < 1000; i++) {
		connects("45.1.1.3:80", 5);
		decoys("between", i, 1, 20);
	}
	ck_assert_ptr_nonnull(row_of(EGRESS_SIDE_REACHED, "45.1.1.3:80"));
	ck_assert_uint_eq(times(EGRESS_SIDE_REACHED), EGRESS_ROWS + 2000);
}
END_TEST

START_TEST(who_sends_nothing_takes_no_place)
{
	struct tally_place p;

	decoys("before", 0, EGRESS_ROWS, 0);
	p = tally_reached(&e, "late.test:80");
	ck_assert(tally_bytes(&e, &p, 0, 7));
	ck_assert_ptr_null(row_of(EGRESS_SIDE_REACHED, "late.test:80"));
	ck_assert_uint_eq(e.account->more[EGRESS_SIDE_REACHED], 1);
}
END_TEST

/* Its connection still runs: its bytes are no other host's, and it comes back with them. */
START_TEST(one_without_its_row)
{
	struct tally_place light, other;
	const struct egress_row *row;

	decoys("heavy", 0, EGRESS_ROWS - 1, 100);
	light = connects("light.test:80", 1);
	other = connects("other.test:80", 5);
	ck_assert_ptr_null(row_of(EGRESS_SIDE_REACHED, "light.test:80"));
	row = row_of(EGRESS_SIDE_REACHED, "other.test:80");
	ck_assert_ptr_eq(row, light.row);
	ck_assert_uint_eq(row->sent, 5);
	ck_assert_uint_eq(row->before, 1);

	ck_assert(tally_bytes(&e, &light, 0, 1000));
	ck_assert_uint_eq(row->received, 0);
	sends(&light, "light.test:80", 200);
	ck_assert_str_eq(light.row->host, "light.test:80");
	ck_assert_uint_eq(light.row->sent, 200);
	ck_assert_uint_eq(light.row->times, 1);
	sends(&other, "other.test:80", 200);
	ck_assert_str_eq(other.row->host, "other.test:80");
	ck_assert_uint_eq(light.row->sent, 200);
	ck_assert_uint_eq(times(EGRESS_SIDE_REACHED), EGRESS_ROWS + 1);
}
END_TEST

/* One that came to no host, as a published port's. */
START_TEST(nowhere_but_in_the_sum)
{
	struct tally_place none = { 0 };

	ck_assert(tally_bytes(&e, &none, 3, 4));
	ck_assert_uint_eq(e.account->sent, 3);
	ck_assert_uint_eq(e.account->received, 4);
	ck_assert_uint_eq(e.account->n[EGRESS_SIDE_REACHED], 0);
}
END_TEST

START_TEST(names_hide_no_connection)
{
	const struct egress_row *row;
	char host[40];

	connects("good.test:80", 1);
	for (unsigned i = 0; i < 400; i++) {
		snprintf(host, sizeof(host), "h%u.flood.test", i);
		tally_refused(&e, host, true, "no rule allows it");
	}
	ck_assert_ptr_nonnull(tally_refused(&e, "169.254.169.254:80", false, "metadata"));
	ck_assert_ptr_nonnull(tally_refused(&e, "169.254.169.254:80", false, "metadata"));
	row = row_of(EGRESS_SIDE_REFUSED, "169.254.169.254:80");
	ck_assert_ptr_nonnull(row);
	ck_assert_uint_eq(row->times, 2);
	ck_assert_str_eq(row->why, "metadata");
	ck_assert_uint_eq(row->taken, 1);
	ck_assert_ptr_null(tally_refused(&e, "late.test", true, "no rule allows it"));
	ck_assert_ptr_nonnull(row_of(EGRESS_SIDE_REFUSED, "h0.flood.test"));
	ck_assert_uint_eq(times(EGRESS_SIDE_REFUSED), 403);
	ck_assert_ptr_nonnull(row_of(EGRESS_SIDE_REACHED, "good.test:80"));
}
END_TEST

START_TEST(connections_alone_keep_their_rows)
{
	char host[40];

	for (unsigned i = 0; i < EGRESS_ROWS; i++) {
		snprintf(host, sizeof(host), "h%u.test:80", i);
		tally_refused(&e, host, false, "no");
	}
	ck_assert_ptr_null(tally_refused(&e, "late.test:80", false, "no"));
	ck_assert_uint_eq(e.account->more[EGRESS_SIDE_REFUSED], 1);
}
END_TEST

Suite *tally_suite(void)
{
	Suite *s = suite_create("tally");
	TCase *tc = tcase_create("tally");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, cheap_hosts_hide_none);
	tcase_add_test(tc, little_by_little);
	tcase_add_test(tc, who_sends_nothing_takes_no_place);
	tcase_add_test(tc, one_without_its_row);
	tcase_add_test(tc, nowhere_but_in_the_sum);
	tcase_add_test(tc, names_hide_no_connection);
	tcase_add_test(tc, connections_alone_keep_their_rows);
	suite_add_tcase(s, tc);
	return s;
}
