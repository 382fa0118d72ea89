/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "manifest.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

#define ROW(id, rest) id " SC-01 escape critical " rest " \"what it shows\"\n"
#define GOOD \
	"harmless required CANARY_HOME,tty 2.5 allowed+calibrated:EFAULT denied:EPERM,ENOSYS seccomp,caps " \
	"no-seccomp"

static int parse(const char *text, struct manifest *m, struct diag *d)
{
	return manifest_parse("M", text, strlen(text), m, d);
}

START_TEST(a_row_is_read_whole)
{
	AUTO_MANIFEST struct manifest m = { 0 };
	struct diag d = { 0 };
	const struct manifest_row *r;

	ck_assert_int_eq(parse("# comment\n\n" ROW("sys-b", GOOD)
				   ROW("sys-a", "destructive optional - 1 denied allowed - -")
				       ROW("sys-d", "alone optional - 1 allowed denied - -"),
			       &m, &d),
			 0);
	ck_assert_uint_eq(m.n, 3);
	ck_assert_str_eq(m.row[0].id, "sys-a");
	r = manifest_find(&m, "sys-b");
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->threat, "SC-01");
	ck_assert(r->required && r->where == MANIFEST_HARMLESS && r->open == MANIFEST_OPEN_CALIBRATED);
	ck_assert_str_eq(r->calibrated, "EFAULT");
	ck_assert_ptr_null(m.row[0].calibrated);
	ck_assert(strv_has(&r->needs, "CANARY_HOME") && strv_has(&r->needs, "tty"));
	ck_assert_str_eq(r->denied_by[1], "ENOSYS");
	ck_assert_ptr_null(r->denied_by[2]);
	ck_assert(strv_has(&r->mutants, "no-seccomp"));
	ck_assert_str_eq(r->title, "what it shows");
	ck_assert(manifest_is_function(&m.row[0]) && !manifest_is_function(r));
	ck_assert_uint_eq(m.row[0].needs.n, 0);
	ck_assert(!m.row[0].alone && !r->alone);
	ck_assert(m.row[2].alone && m.row[2].where == MANIFEST_DESTRUCTIVE);
	ck_assert_ptr_null(manifest_find(&m, "sys-c"));
}
END_TEST

START_TEST(expectations_are_said_in_words)
{
	AUTO_MANIFEST struct manifest m = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(parse(ROW("sys-b", GOOD), &m, &d), 0);
	{
		AUTO_FREE char *boxed = manifest_expected(&m.row[0], false);
		AUTO_FREE char *open = manifest_expected(&m.row[0], true);

		ck_assert_str_eq(boxed, "denied:EPERM,ENOSYS");
		ck_assert_str_eq(open, "allowed");
	}
}
END_TEST

START_TEST(a_row_that_is_not_understood_names_its_line)
{
	static const char *const bad[] = {
		"sys-a SC-01 escape critical\n",
		"sys-a SC-01 escape critical harmless required - 5 allowed denied - - no quotes\n",
		"Sys-A SC-01 escape critical " GOOD " \"t\"\n",
		"sys-a SC-01 escapes critical " GOOD " \"t\"\n",
		"sys-a SC-01 escape urgent " GOOD " \"t\"\n",
		ROW("sys-a", "sometimes required - 5 allowed denied - -"),
		ROW("sys-a", "harmless needed - 5 allowed denied - -"),
		ROW("sys-a", "harmless required - 0 allowed denied - -"),
		ROW("sys-a", "harmless required - 5s allowed denied - -"),
		ROW("sys-a", "harmless required - 5 maybe denied - -"),
		ROW("sys-a", "harmless required - 5 allowed refused - -"),
		ROW("sys-a", "harmless required - 5 allowed+calibrated denied - -"),
		ROW("sys-a", "harmless required - 5 allowed+calibrated: denied - -"),
		ROW("sys-a", "harmless required - 5 allowed+calibrated:E denied - -"),
		ROW("sys-a", "harmless required - 5 allowed+calibrated:efault denied - -"),
		ROW("sys-a", "harmless required - 5 allowed+calibrated:EFAULT,EINVAL denied - -"),
		ROW("sys-a", "harmless required - 5 allowed denied: - -"),
		ROW("sys-a", "harmless required - 5 allowed denied:eperm - -"),
		ROW("sys-a", "harmless required a,,b 5 allowed denied - -"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO_MANIFEST struct manifest m = { 0 };
		AUTO_FREE char *text = xasprintf("# first\n%s", bad[i]);
		struct diag d = { 0 };

		ck_assert_msg(parse(text, &m, &d) == -EINVAL, "taken: %s", bad[i]);
		ck_assert_msg(str_starts(d.msg, "M:2: "), "%s", d.msg);
	}
}
END_TEST

START_TEST(nothing_and_twins_are_refused)
{
	AUTO_MANIFEST struct manifest a = { 0 }, b = { 0 }, c = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(parse("# none\n", &a, &d), -EINVAL);
	ck_assert_int_eq(parse(ROW("sys-a", GOOD) ROW("sys-a", GOOD), &b, &d), -EINVAL);
	ck_assert_int_eq(manifest_parse("M", "a\0b", 3, &c, &d), -EINVAL);
}
END_TEST

START_TEST(the_manifest_of_this_tree_is_read)
{
	AUTO_MANIFEST struct manifest m = { 0 };
	struct diag d = { 0 };

	if (access("probes/MANIFEST", R_OK) < 0)
		return; /* run from elsewhere */
	ck_assert_msg(manifest_load("probes/MANIFEST", &m, &d) == 0, "%s", d.msg);
	ck_assert_uint_ge(m.n, 60);
}
END_TEST

Suite *manifest_suite(void)
{
	Suite *s = suite_create("manifest");
	TCase *tc = tcase_create("manifest");

	tcase_add_test(tc, a_row_is_read_whole);
	tcase_add_test(tc, expectations_are_said_in_words);
	tcase_add_test(tc, a_row_that_is_not_understood_names_its_line);
	tcase_add_test(tc, nothing_and_twins_are_refused);
	tcase_add_test(tc, the_manifest_of_this_tree_is_read);
	suite_add_tcase(s, tc);
	return s;
}
