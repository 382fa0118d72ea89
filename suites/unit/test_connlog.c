/* SPDX-License-Identifier: MIT */
#include "egress/connlog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

static struct egress e;
static struct egress_account account;

/* One that is `size` bytes long already, most of them no blocks. */
static void log_of(uint64_t size)
{
	account = (struct egress_account){ 0 };
	e = (struct egress){ .log = memfd_create("log", MFD_CLOEXEC), .control = -1, .account = &account };
	ck_assert_int_ge(e.log, 0);
	ck_assert_int_eq(fcntl(e.log, F_SETFL, O_APPEND), 0);
	ck_assert_int_eq(ftruncate(e.log, (off_t)size), 0);
}

static uint64_t size_of(void)
{
	struct stat st;

	ck_assert_int_eq(fstat(e.log, &st), 0);
	return (uint64_t)st.st_size;
}

static void end(void)
{
	mem_close_fd(&e.log);
}

static const struct connlog_line name = { .host = "n.test",
					  .decision = "refused",
					  .why = "no rule allows it" },
				 connection = { .host = "good.test", .port = 80, .decision = "allowed" };

/* Of the same length whenever it is written: its "ms" is a number of 20 digits. */
static struct connlog_line of_one_length(void)
{
	struct connlog_line l = connection;

	l.since = resolve_now() + 3600000;
	return l;
}

START_TEST(names_leave_room_for_connections)
{
	uint64_t size;

	log_of(EGRESS_LOG_MAX / 2 - 1);
	connlog_write(&e, &name);
	size = size_of();
	ck_assert_uint_gt(size, EGRESS_LOG_MAX / 2);
	ck_assert_uint_eq(account.unlogged, 0);

	connlog_write(&e, &name);
	ck_assert_uint_eq(size_of(), size);
	ck_assert_uint_eq(account.unlogged, 1);
	ck_assert_int_eq(account.log_error, EGRESS_LOG_NAMES);

	connlog_write(&e, &connection);
	ck_assert_uint_gt(size_of(), size);
	ck_assert_uint_eq(account.unlogged, 1);
}
END_TEST

/* Another session's lines count, too: it is the same file. */
START_TEST(what_another_one_writes_counts)
{
	log_of(0);
	connlog_write(&e, &name);
	ck_assert_uint_eq(account.unlogged, 0);
	ck_assert_int_eq(ftruncate(e.log, (off_t)EGRESS_LOG_MAX / 2), 0);
	connlog_write(&e, &name);
	ck_assert_uint_eq(size_of(), EGRESS_LOG_MAX / 2);
	ck_assert_uint_eq(account.unlogged, 1);
}
END_TEST

START_TEST(a_line_that_does_not_fit_is_not_begun)
{
	struct connlog_line l = of_one_length();
	uint64_t line;

	log_of(0);
	connlog_write(&e, &l);
	line = size_of();
	end();

	log_of(EGRESS_LOG_MAX - line);
	connlog_write(&e, &l);
	ck_assert_uint_eq(size_of(), EGRESS_LOG_MAX);
	ck_assert_uint_eq(account.unlogged, 0);
	end();

	log_of(EGRESS_LOG_MAX - line + 1);
	connlog_write(&e, &l);
	ck_assert_uint_eq(size_of(), EGRESS_LOG_MAX - line + 1);
	ck_assert_uint_eq(account.unlogged, 1);
	ck_assert_int_eq(account.log_error, EFBIG);
}
END_TEST

Suite *connlog_suite(void)
{
	Suite *s = suite_create("connlog");
	TCase *tc = tcase_create("connlog");

	tcase_add_checked_fixture(tc, NULL, end);
	tcase_add_test(tc, names_leave_room_for_connections);
	tcase_add_test(tc, what_another_one_writes_counts);
	tcase_add_test(tc, a_line_that_does_not_fit_is_not_begun);
	suite_add_tcase(s, tc);
	return s;
}
