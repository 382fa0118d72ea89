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

/* Somebody inside chose it: it takes no screens full. -v and the report have all of it. */
START_TEST(a_long_name_does_not_fill_the_screen)
{
	AUTO_FREE char *name = xcalloc(1, 3801);
	AUTO_FREE char *text = NULL;

	memset(name, 1, 3800);
	account_add(&a, ACCOUNT_SOCKET, ACCOUNT_SECURITY, "x", "new: %s; look at it", name);
	if (_i == 1)
		log_set(LOG_VERBOSE);
	text = said();
	if (_i == 1)
		ck_assert_uint_gt(strlen(text), 4 * 3800);
	else
		ck_assert_uint_le(strlen(text), ACCOUNT_LINE_MAX + strlen("claude-sandbox: \n"));
	ck_assert_ptr_nonnull(strstr(text, "\\x01; look at it\n"));
}
END_TEST

START_TEST(what_matters_most_comes_first)
{
	AUTO_FREE char *text = NULL;

	account_add(&a, ACCOUNT_GIT, ACCOUNT_NOTE, NULL, "git note");
	account_add(&a, ACCOUNT_AUTORUN, ACCOUNT_NOTE, NULL, "autorun note");
	account_add(&a, ACCOUNT_GIT, ACCOUNT_SECURITY, NULL, "git 1");
	account_add(&a, ACCOUNT_GIT, ACCOUNT_SECURITY, NULL, "git 2");
	account_add(&a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, NULL, "autorun");
	text = said();
	ck_assert_str_eq(text, "claude-sandbox: autorun\nclaude-sandbox: git 1\nclaude-sandbox: git 2\n"
			       "claude-sandbox: autorun note\nclaude-sandbox: git note\n");
}
END_TEST

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

START_TEST(twelve_lines_are_printed_whole)
{
	AUTO_FREE char *text = NULL;

	for (int i = 0; i < ACCOUNT_LINES; i++)
		account_add(&a, ACCOUNT_SOCKET, ACCOUNT_SECURITY, NULL, "line %d", i);
	text = said();
	ck_assert_uint_eq(lines_of(text), ACCOUNT_LINES);
	ck_assert_ptr_null(strstr(text, " more"));
}
END_TEST

/* Who makes a thousand of one kind hides none of another. */
START_TEST(more_are_folded_by_kind)
{
	AUTO_FREE char *text = NULL;

	for (int i = 0; i < 1000; i++)
		account_add(&a, ACCOUNT_COMMAND, ACCOUNT_SECURITY, NULL, "BLOCKED: c%d", i);
	account_add(&a, ACCOUNT_SOCKET, ACCOUNT_SECURITY, NULL, "new: s");
	account_try(account_add(&a, ACCOUNT_MEMORY, ACCOUNT_NOTE, NULL, "memory 1"), "one");
	account_try(account_add(&a, ACCOUNT_MEMORY, ACCOUNT_NOTE, NULL, "memory 2"), "two");
	text = said();
	ck_assert_uint_eq(lines_of(text), ACCOUNT_LINES);
	ck_assert_ptr_nonnull(
	    strstr(text, "claude-sandbox: BLOCKED: c8; and 991 more of this kind (-v names them)\n"));
	ck_assert_ptr_nonnull(strstr(text, "claude-sandbox: new: s\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "claude-sandbox: memory 1; try: one\nclaude-sandbox: memory 2; try: two\n"));
}
END_TEST

/* A line may stand for others, which are counted with it. */
START_TEST(a_fold_counts_things)
{
	AUTO_FREE char *text = NULL;

	for (int i = 0; i < ACCOUNT_LINES; i++)
		account_add(&a, ACCOUNT_HOST, ACCOUNT_NOTE, NULL, "refused %d", i);
	account_add(&a, ACCOUNT_HOST, ACCOUNT_NOTE, NULL, "and 208 more")->others = 207;
	text = said();
	ck_assert_uint_eq(lines_of(text), ACCOUNT_LINES);
	ck_assert_ptr_nonnull(strstr(text, "refused 11; and 208 more of this kind (-v names them)\n"));
}
END_TEST

START_TEST(more_groups_than_lines)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *last = NULL;

	for (enum account_kind k = ACCOUNT_NOTHING + 1; k < ACCOUNT_KINDS; k++) {
		account_add(&a, k, ACCOUNT_SECURITY, NULL, "security %d", k);
		account_add(&a, k, ACCOUNT_NOTE, NULL, "note %d", k);
	}
	text = said();
	ck_assert_uint_eq(lines_of(text), ACCOUNT_LINES);
	last = xasprintf("security 11\nclaude-sandbox: and %d more of other kinds (-v names them)\n",
			 2 * (ACCOUNT_KINDS - 1) - (ACCOUNT_LINES - 1));
	ck_assert_ptr_nonnull(strstr(text, last));
}
END_TEST

START_TEST(verbose_prints_all)
{
	AUTO_FREE char *text = NULL;

	for (int i = 0; i < 100; i++)
		account_add(&a, ACCOUNT_COMMAND, ACCOUNT_SECURITY, NULL, "c%d", i);
	log_set(LOG_VERBOSE);
	text = said();
	ck_assert_uint_eq(lines_of(text), 100);
	ck_assert_ptr_null(strstr(text, "more"));
}
END_TEST

START_TEST(no_kind_takes_the_room_of_another)
{
	AUTO_FREE char *text = NULL;

	for (int i = 0; i < 3 * ACCOUNT_FACTS; i++)
		account_add(&a, ACCOUNT_HOST, ACCOUNT_NOTE, "h", "host %d", i);
	account_add(&a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, "f", "file");
	ck_assert_uint_eq(a.n, ACCOUNT_FACTS + 1);
	ck_assert_uint_eq(a.lost[ACCOUNT_HOST][ACCOUNT_NOTE], 2 * ACCOUNT_FACTS);
	text = said();
	ck_assert_uint_eq(lines_of(text), ACCOUNT_LINES);
	ck_assert_ptr_nonnull(strstr(text, "claude-sandbox: file\n"));
	/* Eleven of the hosts are told. */
	ck_assert_ptr_nonnull(strstr(text, "host 10; and 1525 more of this kind (-v names them)\n"));
}
END_TEST

/* All of it, what was printed too; nothing in a name ends a string. */
START_TEST(the_report_has_all)
{
	AUTO_FREE char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	account_add(&a, ACCOUNT_HOST, ACCOUNT_DETAIL, "h", "late");
	account_tell(&a, ACCOUNT_HOST, ACCOUNT_DETAIL, NULL, "told");
	account_try(account_add(&a, ACCOUNT_GIT, ACCOUNT_SECURITY, "\"\n\xff", "a\033b"), "rm x");
	account_json(&a, SIZE_MAX, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(text,
			 "[\n{\"kind\":\"git\",\"severity\":\"security\",\"subject\":\"\\\"\\u000a\\ufffd\","
			 "\"text\":\"a\\u001bb\",\"advice\":\"rm x\"},"
			 "\n{\"kind\":\"host\",\"severity\":\"detail\",\"subject\":\"h\",\"text\":\"late\","
			 "\"advice\":null},"
			 "\n{\"kind\":\"host\",\"severity\":\"detail\",\"subject\":null,\"text\":\"told\","
			 "\"advice\":null}]");
}
END_TEST

START_TEST(what_was_told_at_once_is_not_said_again)
{
	AUTO_FREE char *text = NULL;

	account_tell(&a, ACCOUNT_WEAKER, ACCOUNT_DETAIL, NULL, "weaker: x");
	text = said();
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(a.n, 1);
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
	tcase_add_loop_test(tc, a_long_name_does_not_fill_the_screen, 0, 2);
	tcase_add_test(tc, what_matters_most_comes_first);
	tcase_add_test(tc, twelve_lines_are_printed_whole);
	tcase_add_test(tc, more_are_folded_by_kind);
	tcase_add_test(tc, a_fold_counts_things);
	tcase_add_test(tc, more_groups_than_lines);
	tcase_add_test(tc, verbose_prints_all);
	tcase_add_test(tc, the_report_has_all);
	tcase_add_test(tc, what_was_told_at_once_is_not_said_again);
	tcase_add_test(tc, no_kind_takes_the_room_of_another);
	suite_add_tcase(s, tc);
	return s;
}
