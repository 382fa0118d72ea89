/* SPDX-License-Identifier: MIT */
/* What a session says at its end: which lines, in which order, and what the report has. */
#include "account.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "unit.h"

static struct account a;

static void setup(void)
{
	a = (struct account){ 0 };
	log_set(LOG_NORMAL);
}

static void teardown(void)
{
	account_done(&a);
	log_set(LOG_NORMAL);
}

/* What account_say prints on standard error, owned. */
static char *said(void)
{
	int fd = memfd_create("said", MFD_CLOEXEC), err = dup(2);
	char *text;
	off_t n;

	dup2(fd, 2);
	account_say(&a);
	dup2(err, 2);
	close(err);
	n = lseek(fd, 0, SEEK_END);
	text = xcalloc(1, (size_t)n + 1);
	ck_assert_int_eq(pread(fd, text, (size_t)n, 0), n);
	close(fd);
	return text;
}

START_TEST(nothing_to_say)
{
	AUTO_FREE char *text = said();

	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(each_once)
{
	AUTO_FREE char *first = NULL;
	AUTO_FREE char *again = NULL;

	account_add(&a, ACCOUNT_GIT, ACCOUNT_NOTE, "/p", "one");
	account_try(account_add(&a, ACCOUNT_GIT, ACCOUNT_SECURITY, NULL, "t%s", "wo"), "rm %s", "x");
	first = said();
	again = said();
	ck_assert_ptr_nonnull(strstr(first, "claude-sandbox: one\n"));
	ck_assert_ptr_nonnull(strstr(first, "claude-sandbox: two; try: rm x\n"));
	ck_assert_str_eq(again, "");
}
END_TEST

START_TEST(by_severity)
{
	static const struct {
		enum log_level level;
		const char *want;
	} rows[] = {
		{ LOG_QUIET, "claude-sandbox: security\n" },
		{ LOG_NORMAL, "claude-sandbox: security\nclaude-sandbox: note\n" },
		{ LOG_VERBOSE, "claude-sandbox: security\nclaude-sandbox: note\nclaude-sandbox: summary\n"
			       "claude-sandbox: detail\n" },
	};
	AUTO_FREE char *text = NULL;

	account_add(&a, ACCOUNT_GIT, ACCOUNT_SECURITY, NULL, "security");
	account_add(&a, ACCOUNT_GIT, ACCOUNT_NOTE, NULL, "note");
	account_add(&a, ACCOUNT_GIT, ACCOUNT_SUMMARY, NULL, "summary");
	account_add(&a, ACCOUNT_GIT, ACCOUNT_DETAIL, NULL, "detail");
	log_set(rows[_i].level);
	text = said();
	ck_assert_str_eq(text, rows[_i].want);
}
END_TEST

START_TEST(hostile_names_are_escaped)
{
	AUTO_FREE char *text = NULL;

	account_add(&a, ACCOUNT_SOCKET, ACCOUNT_SECURITY, "x", "new: %s",
		    "\033]0;x\007\nclaude-sandbox: fine");
	text = said();
	ck_assert_str_eq(text, "claude-sandbox: new: \\x1b]0;x\\x07\\x0aclaude-sandbox: fine\n");
}
END_TEST

START_TEST(no_kind_takes_the_room_of_another)
{
	for (int i = 0; i < 3 * ACCOUNT_FACTS; i++)
		account_add(&a, ACCOUNT_HOST, ACCOUNT_NOTE, "h", "host %d", i);
	account_add(&a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, "f", "file");
	ck_assert_uint_eq(a.n, ACCOUNT_FACTS + 1);
	ck_assert_uint_eq(a.lost[ACCOUNT_HOST][ACCOUNT_NOTE], 2 * ACCOUNT_FACTS);
	ck_assert_str_eq(a.fact[a.n - 1].text, "file");
}
END_TEST

Suite *account_suite(void)
{
	Suite *s = suite_create("account");
	TCase *tc = tcase_create("account");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_to_say);
	tcase_add_test(tc, each_once);
	tcase_add_loop_test(tc, by_severity, 0, 3);
	tcase_add_test(tc, hostile_names_are_escaped);
	tcase_add_test(tc, no_kind_takes_the_room_of_another);
	suite_add_tcase(s, tc);
	return s;
}
