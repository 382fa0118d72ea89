/* SPDX-License-Identifier: MIT */
/* What the launcher takes from an egress process, which here is a socket with nobody behind it any more. */
#include "egressrun.h"

#include <errno.h>
#include <string.h>
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

Suite *egressrun_suite(void)
{
	Suite *s = suite_create("egressrun");
	TCase *tc = tcase_create("egressrun");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, failed_before_it_read);
	tcase_add_test(tc, failed_before_it_was_told);
	tcase_add_test(tc, reset_before_it_was_told);
	tcase_add_test(tc, nothing_yet);
	suite_add_tcase(s, tc);
	return s;
}
