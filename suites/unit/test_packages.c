/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "packages.h"
#include "unit.h"
#include "util.h"

/* What nix may answer, and what of it is taken. */
static const struct {
	const char *answer, *path;
} answers[] = {
	{ "/nix/store/abc-hello-2.12\n", "/nix/store/abc-hello-2.12" },
	{ "/nix/store/abc-hello-2.12", "/nix/store/abc-hello-2.12" },
	{ "warning: x\n/nix/store/abc-x\n", "/nix/store/abc-x" },
	{ "", NULL },
	{ "\n\n", NULL },
	{ "/etc\n", NULL },
	{ "/nix/store/\n", NULL },
	{ "/nix/store/..\n", NULL },
	{ "/nix/store/a/../../../home\n", NULL },
	{ "/nix/store/.links\n", NULL },
	{ " /nix/store/abc\n", NULL },
	{ "/nix/store/a:/b\n", NULL },
	{ "/nix/store/a\x1b[31m\n", NULL },
};

START_TEST(only_paths_of_the_store_are_taken)
{
	const char *s = answers[_i].answer;
	AUTO_FREE char *path = packages_store_path(&s);

	if (answers[_i].path == NULL)
		ck_assert_ptr_null(path);
	else
		ck_assert_str_eq(path, answers[_i].path);
}
END_TEST

START_TEST(outputs_come_one_after_the_other)
{
	const char *s = "/nix/store/a-man\n/nix/store/a\n";
	AUTO_FREE char *first = packages_store_path(&s);
	AUTO_FREE char *second = packages_store_path(&s);

	ck_assert_str_eq(first, "/nix/store/a-man");
	ck_assert_str_eq(second, "/nix/store/a");
	ck_assert_ptr_null(packages_store_path(&s));
}
END_TEST

Suite *packages_suite(void)
{
	Suite *s = suite_create("packages");
	TCase *tc = tcase_create("answers");

	tcase_add_loop_test(tc, only_paths_of_the_store_are_taken, 0, (int)ARRAY_SIZE(answers));
	tcase_add_test(tc, outputs_come_one_after_the_other);
	suite_add_tcase(s, tc);
	return s;
}
