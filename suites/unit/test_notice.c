/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "notice.h"
#include "unit.h"
#include "util.h"

static struct notice_stamp stamp(const char *kernel, const char *bwrap, const char *build)
{
	struct notice_stamp s;

	snprintf(s.kernel, sizeof(s.kernel), "%s", kernel);
	snprintf(s.bwrap, sizeof(s.bwrap), "%s", bwrap);
	snprintf(s.build, sizeof(s.build), "%s", build);
	return s;
}

START_TEST(a_stamp_reads_back_as_it_was)
{
	struct notice_stamp s = stamp("6.1.0-32-amd64", "12 72080 1723.000000001", "0.1.0 0123456789abcdef"),
			    t;
	AUTO_FREE char *text = notice_text(&s);
	struct diag d = { 0 };

	ck_assert_int_eq(notice_parse(text, strlen(text), &t, &d), 0);
	ck_assert_str_eq(t.kernel, s.kernel);
	ck_assert_str_eq(t.bwrap, s.bwrap);
	ck_assert_str_eq(t.build, s.build);
	ck_assert_ptr_null(notice_compare(&s, &t));
	/* Not a byte may be missing. */
	for (size_t n = 0; n < strlen(text); n++)
		ck_assert_int_lt(notice_parse(text, n, &t, &d), 0);
}
END_TEST

START_TEST(what_is_no_stamp_is_refused)
{
	static const char *const bad[] = {
		"",
		"x",
		"claude-sandbox stamp 2\nkernel 1\nbwrap 1\nbuild 1 a\n",
		"claude-sandbox stamp 1\nkernel 1\nbwrap 1\nbuild 1 a\nmore 1\n",
		"claude-sandbox stamp 1\nkernel \nbwrap 1\nbuild 1 a\n",
		"claude-sandbox stamp 1\nkernel 1\033[31m\nbwrap 1\nbuild 1 a\n",
		"claude-sandbox stamp 1\nbwrap 1\nkernel 1\nbuild 1 a\n",
		"claude-sandbox stamp 1\nkernel "
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901\n"
		"bwrap 1\nbuild 1 a\n",
	};
	struct notice_stamp t;
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(notice_parse(bad[i], strlen(bad[i]), &t, &d) < 0, "%s", bad[i]);
}
END_TEST

START_TEST(each_change_is_named)
{
	static const struct {
		const char *kernel, *bwrap, *build, *words;
	} rows[] = {
		{ "6.12", "1", "0.1.0 a", "kernel 6.1 → 6.12" },
		{ "6.1", "2", "0.1.0 a", "bwrap changed" },
		{ "6.1", "1", "0.1.0 b", "claude-sandbox was built anew" },
		{ "6.1", "1", "0.1.10 a", "claude-sandbox 0.1.0 → 0.1.10" },
		{ "6.12", "2", "0.2.0 b", "kernel 6.1 → 6.12, bwrap changed, claude-sandbox 0.1.0 → 0.2.0" },
	};
	struct notice_stamp before = stamp("6.1", "1", "0.1.0 a");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct notice_stamp now = stamp(rows[i].kernel, rows[i].bwrap, rows[i].build);
		AUTO_FREE char *words = notice_compare(&before, &now);

		ck_assert_str_eq(words, rows[i].words);
	}
}
END_TEST

Suite *notice_suite(void)
{
	Suite *s = suite_create("notice");
	TCase *tc = tcase_create("notice");

	tcase_add_test(tc, a_stamp_reads_back_as_it_was);
	tcase_add_test(tc, what_is_no_stamp_is_refused);
	tcase_add_test(tc, each_change_is_named);
	suite_add_tcase(s, tc);
	return s;
}
