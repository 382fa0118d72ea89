/* SPDX-License-Identifier: MIT */
/* What the rows of a mutant's box come to. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "runner/suite.h"
#include "unit.h"
#include "util.h"

/* What a row of a box saw that an ordinary box denies or allows. */
static void saw(struct suite *s, struct box_result *boxed, const char *id, bool red)
{
	for (size_t i = 0; i < s->manifest.n; i++) {
		struct box_obs *obs = &boxed->obs[i];
		bool allowed = s->manifest.row[i].boxed != MANIFEST_BOXED_DENIED;

		if (!streq(s->manifest.row[i].id, id))
			continue;
		obs->asked = true;
		obs->test.seen = allowed != red ? TAP_ALLOWED : TAP_DENIED;
		strcpy(obs->test.detail, "uid 1000 has no account");
		ck_assert_int_eq(judge_boxed(&s->manifest.row[i], obs), red ? REPORT_FAIL : REPORT_PASS);
		return;
	}
	ck_abort_msg("no row %s", id);
}

static const struct {
	const char *killed_by, *replaced;
	const char *says; /* NULL: a verdict */
	const char *red;
} cases[] = {
	{ "env-token", "", "the box no longer works (ok-names: uid 1000 has no account)", NULL },
	{ "env-token", "/etc/passwd", NULL, "env-token" },
	{ "env-token ok-names", "", NULL, "cred-accounts env-token ok-names" },
	{ "env-token ok-names", "/etc/passwd", "the host replaced its /etc/passwd while the box was running",
	  NULL },
	{ "env-token cred-accounts", "/etc/passwd",
	  "the host replaced its /etc/passwd while the box was running", NULL },
};

/* useradd on the host takes the mount off /etc/passwd in every box: no mutant's doing, and no answer of a probe. */
START_TEST(what_the_host_replaced_is_no_mutants_doing)
{
	struct mutant mutant = { .name = "x", .killed_by = cases[_i].killed_by };
	struct suite s = { 0 };
	struct diag d = { 0 };
	struct box_result *boxed;
	AUTO_STRV struct strv red = { 0 };
	AUTO_FREE char *why = NULL;
	AUTO_FREE char *all = xstrdup("");

	ck_assert_msg(manifest_load("probes/MANIFEST", &s.manifest, &d) == 0, "%s", d.msg);
	boxed = box_result_new(&s);
	ck_assert_ptr_nonnull(boxed);
	strcpy(boxed->replaced, cases[_i].replaced);
	saw(&s, boxed, "env-token", true);
	saw(&s, boxed, "ok-names", true);
	saw(&s, boxed, "cred-accounts", true);
	saw(&s, boxed, "ok-exec", false);
	why = mutate_red(&s, &mutant, boxed, &red);
	for (size_t i = 0; i < red.n; i++) {
		char *more = xasprintf("%s%s%s", all, i > 0 ? " " : "", red.v[i]);

		free(all);
		all = more;
	}
	if (cases[_i].says != NULL)
		ck_assert_msg(why != NULL && str_starts(why, cases[_i].says), "%s", why);
	else
		ck_assert_msg(why == NULL && streq(all, cases[_i].red), "%s: %s", why, all);
	box_result_free(boxed);
	manifest_done(&s.manifest);
}
END_TEST

START_TEST(what_the_host_replaced_is_run_again)
{
	struct suite s = { 0 };
	struct box_result *boxed = box_result_new(&s);

	ck_assert_ptr_nonnull(boxed);
	ck_assert(!mutate_again(REPORT_MUTANT_ERROR, boxed, 1));
	strcpy(boxed->replaced, "/etc/passwd");
	ck_assert(mutate_again(REPORT_MUTANT_ERROR, boxed, 1));
	ck_assert(mutate_again(REPORT_SURVIVED, boxed, 4));
	ck_assert(!mutate_again(REPORT_KILLED, boxed, 1));
	/* Not without end. */
	ck_assert(!mutate_again(REPORT_MUTANT_ERROR, boxed, 5));
	box_result_free(boxed);
}
END_TEST

Suite *mutate_suite(void)
{
	Suite *s = suite_create("mutate");
	TCase *t = tcase_create("mutate");

	tcase_add_loop_test(t, what_the_host_replaced_is_no_mutants_doing, 0, ARRAY_SIZE(cases));
	tcase_add_test(t, what_the_host_replaced_is_run_again);
	suite_add_tcase(s, t);
	return s;
}
