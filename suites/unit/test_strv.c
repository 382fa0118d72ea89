/* SPDX-License-Identifier: MIT */
#include "mem.h"
#include "strv.h"
#include "unit.h"

START_TEST(an_empty_vector_has_no_memory)
{
	AUTO_STRV struct strv s = { 0 };

	ck_assert(!strv_has(&s, ""));
	strv_done(&s);
	ck_assert_ptr_null(s.v);
}
END_TEST

START_TEST(it_stays_terminated_while_it_grows)
{
	AUTO_STRV struct strv s = { 0 };

	for (size_t i = 0; i < 100; i++) {
		strv_addf(&s, "%zu", i);
		ck_assert_uint_eq(s.n, i + 1);
		ck_assert_ptr_null(s.v[s.n]);
	}
	ck_assert_str_eq(s.v[0], "0");
	ck_assert_str_eq(s.v[99], "99");
	ck_assert(strv_has(&s, "42"));
	ck_assert(!strv_has(&s, "100"));
}
END_TEST

START_TEST(add_copies_and_take_does_not)
{
	AUTO_STRV struct strv s = { 0 };
	char text[] = "a";
	char *owned = xstrdup("b");

	strv_add(&s, text);
	strv_take(&s, owned);
	text[0] = 'x';
	ck_assert_str_eq(s.v[0], "a");
	ck_assert_ptr_eq(s.v[1], owned);
}
END_TEST

START_TEST(drop_takes_all_of_that_name_alone)
{
	AUTO_STRV struct strv s = { 0 };

	strv_drop_sorted(&s, "a");
	for (const char *const *name = (const char *const[]){ "c", "a", "b", "a", "aa", NULL }; *name != NULL;
	     name++)
		strv_add(&s, *name);
	strv_sort(&s);
	strv_drop_sorted(&s, "d");
	ck_assert_uint_eq(s.n, 5);
	strv_drop_sorted(&s, "a");
	ck_assert_uint_eq(s.n, 3);
	ck_assert_str_eq(s.v[0], "aa");
	strv_drop_sorted(&s, "c");
	ck_assert_uint_eq(s.n, 2);
	ck_assert_str_eq(s.v[1], "b");
	ck_assert_ptr_null(s.v[2]);
}
END_TEST

START_TEST(env_get_finds_whole_names)
{
	char a[] = "PATHS=no", b[] = "PATH=/bin", c[] = "PATH=second", e[] = "EMPTY=", o[] = "ODD";
	char *env[] = { a, o, b, c, e, NULL };

	ck_assert_str_eq(env_get(env, "PATH"), "/bin");
	ck_assert_str_eq(env_get(env, "EMPTY"), "");
	ck_assert_ptr_null(env_get(env, "PAT"));
	ck_assert_ptr_null(env_get(env, "ODD"));
	ck_assert_ptr_null(env_get(NULL, "PATH"));
}
END_TEST

Suite *strv_suite(void)
{
	Suite *s = suite_create("strv");
	TCase *tc = tcase_create("strv");

	tcase_add_test(tc, an_empty_vector_has_no_memory);
	tcase_add_test(tc, it_stays_terminated_while_it_grows);
	tcase_add_test(tc, add_copies_and_take_does_not);
	tcase_add_test(tc, drop_takes_all_of_that_name_alone);
	tcase_add_test(tc, env_get_finds_whole_names);
	suite_add_tcase(s, tc);
	return s;
}
