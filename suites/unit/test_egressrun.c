/* SPDX-License-Identifier: MIT */
/* What the launcher takes from an egress process, which here is a socket with nobody behind it any more. */
#include "egressrun.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

static struct egressrun e;
static int other = -1;

static void setup(void)
{
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	e = (struct egressrun){ .control = sv[0] };
	other = sv[1];
}

static void teardown(void)
{
	mem_close_fd(&e.control);
	mem_close_fd(&other);
}

static void fails(void)
{
	struct egress_report r = { .message = EGRESS_FAILED,
				   .error = -EADDRINUSE,
				   .text = "port 81: in use\ntake another" };

	ck_assert_int_eq(send(other, &r, sizeof(r), 0), sizeof(r));
	mem_close_fd(&other);
}

START_TEST(failed_before_it_read)
{
	struct diag d = { 0 };

	ck_assert_int_eq(egressrun_go(&e, STDERR_FILENO, &d), 0);
	fails();
	ck_assert_int_eq(egressrun_ready(&e, &d), -EADDRINUSE);
	ck_assert_str_eq(d.msg, "port 81: in use");
}
END_TEST

START_TEST(failed_before_it_was_told)
{
	struct diag d = { 0 };

	fails();
	ck_assert_int_eq(egressrun_go(&e, STDERR_FILENO, &d), 0);
	ck_assert_int_eq(egressrun_ready(&e, &d), -EADDRINUSE);
	ck_assert_str_eq(d.msg, "port 81: in use");
}
END_TEST

START_TEST(reset_before_it_was_told)
{
	struct diag d = { 0 };
	struct egress_servers s = { .n = 0 };

	egressrun_servers(&e, &s);
	fails();
	ck_assert_int_eq(egressrun_go(&e, STDERR_FILENO, &d), 0);
	ck_assert_int_eq(egressrun_ready(&e, &d), -EADDRINUSE);
}
END_TEST

START_TEST(nothing_yet)
{
	struct diag d = { 0 };

	ck_assert_int_eq(egressrun_ready(&e, &d), 0);
	mem_close_fd(&other);
	ck_assert_int_eq(egressrun_ready(&e, &d), -ECHILD);
}
END_TEST

static const struct account_fact *fact_of(const struct account *facts, const char *subject)
{
	for (size_t i = 0; i < facts->n; i++)
		if (facts->fact[i].subject != NULL && strcmp(facts->fact[i].subject, subject) == 0)
			return &facts->fact[i];
	ck_abort_msg("no fact of %s", subject);
}

START_TEST(each_host_is_a_fact)
{
	struct egress_account *a =
	    mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct egress_report told = { .message = EGRESS_REFUSED, .number = { 1, 0 }, .text = "old.test: no" };
	struct account facts = { 0 };
	const struct account_fact *f;

	ck_assert_ptr_ne(a, MAP_FAILED);
	a->n[EGRESS_SIDE_REACHED] = 9;
	for (unsigned i = 0; i < 9; i++) {
		struct egress_row *row = &a->row[EGRESS_SIDE_REACHED][i];

		snprintf(row->host, sizeof(row->host), "h%u.test:80", i);
		row->times = 1;
		row->sent = 10 * (9 - i);
	}
	a->row[EGRESS_SIDE_REACHED][8].before = 1;
	/* The row of the one that was told has another one's refusal now. */
	a->n[EGRESS_SIDE_REFUSED] = 2;
	a->row[EGRESS_SIDE_REFUSED][0] =
	    (struct egress_row){ .host = "new.test:80", .why = "no", .times = 1, .taken = 1 };
	a->row[EGRESS_SIDE_REFUSED][1] =
	    (struct egress_row){ .host = "told.test:80", .why = "no", .times = 1, .taken = 3 };
	e.account = a;
	ck_assert_int_eq(send(other, &told, sizeof(told), 0), sizeof(told));
	told.number[0] = 2;
	told.number[1] = 3;
	ck_assert_int_eq(send(other, &told, sizeof(told), 0), sizeof(told));
	mem_close_fd(&other);
	egressrun_done(&e, &facts);

	f = fact_of(&facts, "h0.test:80");
	ck_assert_int_eq(f->severity, ACCOUNT_DETAIL);
	ck_assert_str_eq(f->text, "network: h0.test:80: 90 bytes out, 0 bytes in, of 1 connections");
	ck_assert_str_eq(fact_of(&facts, "h8.test:80")->text,
			 "network: h8.test:80: at least 10 bytes out, 0 bytes in, of 1 connections");
	ck_assert(!fact_of(&facts, "new.test:80")->said);
	ck_assert(fact_of(&facts, "told.test:80")->said);
	account_done(&facts);
}
END_TEST

Suite *egressrun_suite(void)
{
	Suite *s = suite_create("egressrun");
	TCase *tc = tcase_create("egressrun");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, failed_before_it_read);
	tcase_add_test(tc, failed_before_it_was_told);
	tcase_add_test(tc, reset_before_it_was_told);
	tcase_add_test(tc, nothing_yet);
	tcase_add_test(tc, each_host_is_a_fact);
	suite_add_tcase(s, tc);
	return s;
}
