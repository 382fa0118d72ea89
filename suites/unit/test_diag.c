/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "diag.h"
#include "unit.h"

START_TEST(set_returns_the_code_and_forgets_old_advice)
{
	struct diag d = { .try = "old" };

	ck_assert_int_eq(diag_set(&d, -EINVAL, "%s: %d", "x", 7), -EINVAL);
	ck_assert_int_eq(d.code, -EINVAL);
	ck_assert_str_eq(d.msg, "x: 7");
	ck_assert_str_eq(d.try, "");
}
END_TEST

START_TEST(errno_appends_the_reason)
{
	struct diag d = { 0 };

	ck_assert_int_eq(diag_errno(&d, -ENOENT, "open %s", "/x"), -ENOENT);
	ck_assert_str_eq(d.msg, "open /x: No such file or directory");
}
END_TEST

START_TEST(errno_keeps_the_reason_of_a_long_subject)
{
	struct diag d = { 0 };
	char path[4096];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	diag_errno(&d, -EACCES, "open %s", path);
	ck_assert_str_eq(d.msg + strlen(d.msg) - 19, ": Permission denied");
	ck_assert_uint_lt(strlen(d.msg), sizeof(d.msg));
}
END_TEST

START_TEST(long_messages_are_cut)
{
	struct diag d = { 0 };
	char text[2000];

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	diag_set(&d, -E2BIG, "%s", text);
	diag_try(&d, "%s", text);
	ck_assert_uint_eq(strlen(d.msg), sizeof(d.msg) - 1);
	ck_assert_uint_eq(strlen(d.try), sizeof(d.try) - 1);
}
END_TEST

START_TEST(a_message_may_quote_the_old_one)
{
	struct diag d = { 0 };

	diag_set(&d, -EINVAL, "inner");
	diag_set(&d, -EINVAL, "outer: %s", d.msg);
	ck_assert_str_eq(d.msg, "outer: inner");
	diag_errno(&d, -EPERM, "more %s", d.msg);
	ck_assert_str_eq(d.msg, "more outer: inner: Operation not permitted");
}
END_TEST

START_TEST(no_object_is_fine)
{
	ck_assert_int_eq(diag_set(NULL, -EIO, "x"), -EIO);
	ck_assert_int_eq(diag_errno(NULL, -EIO, "x"), -EIO);
	diag_try(NULL, "x");
}
END_TEST

Suite *diag_suite(void)
{
	Suite *s = suite_create("diag");
	TCase *tc = tcase_create("diag");

	tcase_add_test(tc, set_returns_the_code_and_forgets_old_advice);
	tcase_add_test(tc, errno_appends_the_reason);
	tcase_add_test(tc, errno_keeps_the_reason_of_a_long_subject);
	tcase_add_test(tc, long_messages_are_cut);
	tcase_add_test(tc, a_message_may_quote_the_old_one);
	tcase_add_test(tc, no_object_is_fine);
	suite_add_tcase(s, tc);
	return s;
}
