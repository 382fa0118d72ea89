/* SPDX-License-Identifier: MIT */
#include "mem.h"
#include "path.h"
#include "unit.h"
#include "util.h"

static const struct {
	const char *base, *path, *clean;
} cleans[] = {
	{ "/h/u", "", "/h/u" },
	{ "/h/u", ".", "/h/u" },
	{ "/h/u", "..", "/h" },
	{ "/h/u", "../..", "/" },
	{ "/h/u", "../../..", "/" },
	{ "/h/u", "x", "/h/u/x" },
	{ "/h/u", "/", "/" },
	{ "/h/u", "/..", "/" },
	{ "/h/u", "//a///b//", "/a/b" },
	{ "/h/u", "/a/./b/.", "/a/b" },
	{ "/h/u", "/a/../b", "/b" },
	{ "/h/u", "a/../../x", "/h/x" },
	{ "/h/u", "...", "/h/u/..." },
	{ "/h/u", "..a/.b", "/h/u/..a/.b" },
	{ "/", "x", "/x" },
	{ "/h//u/", "./x/", "/h/u/x" },
	{ "/h/../g", "x", "/g/x" },
	{ "/", "a\nb", "/a\nb" },
};

START_TEST(clean_is_absolute_and_has_no_dots)
{
	AUTO_FREE char *p = path_clean(cleans[_i].base, cleans[_i].path);
	AUTO_FREE char *again = path_clean("/elsewhere", p);

	ck_assert_str_eq(p, cleans[_i].clean);
	ck_assert_str_eq(again, p);
}
END_TEST

START_TEST(join_never_leaves_the_first_by_being_absolute)
{
	AUTO_FREE char *a = path_join("/a", "/etc");
	AUTO_FREE char *b = path_join("/", "etc");
	AUTO_FREE char *c = path_join("/a/", "../b");

	ck_assert_str_eq(a, "/a/etc");
	ck_assert_str_eq(b, "/etc");
	ck_assert_str_eq(c, "/b");
}
END_TEST

START_TEST(under_compares_components)
{
	ck_assert(path_is_under("/a/b", "/a"));
	ck_assert(path_is_under("/a", "/a"));
	ck_assert(path_is_under("/a", "/"));
	ck_assert(path_is_under("/", "/"));
	ck_assert(!path_is_under("/ab", "/a"));
	ck_assert(!path_is_under("/", "/a"));
	ck_assert(!path_is_under("/a", "/a/b"));
}
END_TEST

START_TEST(dirname_and_basename_are_the_two_halves)
{
	AUTO_FREE char *a = path_dirname("/a/b"), *b = path_dirname("/a");
	AUTO_FREE char *c = path_dirname("/"), *d = path_dirname("a");

	ck_assert_str_eq(a, "/a");
	ck_assert_str_eq(b, "/");
	ck_assert_str_eq(c, "/");
	ck_assert_str_eq(d, ".");
	ck_assert_str_eq(path_basename("/a/b"), "b");
	ck_assert_str_eq(path_basename("/a"), "a");
	ck_assert_str_eq(path_basename("a"), "a");
	ck_assert_str_eq(path_basename("/"), "/");
}
END_TEST

START_TEST(expand_knows_only_ones_own_home)
{
	AUTO_FREE char *a = path_expand("~", "/h/u"), *b = path_expand("~/x", "/h/u");
	AUTO_FREE char *c = path_expand("~v/x", "/h/u"), *d = path_expand("a/~", "/h/u");
	AUTO_FREE char *e = path_expand("~/x", "");
	AUTO_FREE char *f = path_expand("~/x", "/"), *g = path_expand("~", "/");

	ck_assert_str_eq(a, "/h/u");
	ck_assert_str_eq(b, "/h/u/x");
	ck_assert_str_eq(c, "~v/x");
	ck_assert_str_eq(d, "a/~");
	ck_assert_str_eq(e, "~/x");
	ck_assert_str_eq(f, "/x");
	ck_assert_str_eq(g, "/");
}
END_TEST

Suite *path_suite(void)
{
	Suite *s = suite_create("path");
	TCase *tc = tcase_create("path");

	tcase_add_loop_test(tc, clean_is_absolute_and_has_no_dots, 0, (int)ARRAY_SIZE(cleans));
	tcase_add_test(tc, join_never_leaves_the_first_by_being_absolute);
	tcase_add_test(tc, under_compares_components);
	tcase_add_test(tc, dirname_and_basename_are_the_two_halves);
	tcase_add_test(tc, expand_knows_only_ones_own_home);
	suite_add_tcase(s, tc);
	return s;
}
