/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#include "canary.h"
#include "mem.h"
#include "mutants/mutants.h"
#include "plan.h"
#include "unit.h"
#include "util.h"

static const struct mutant_paths paths = { "/h", "/h/p", "/b", "TOKEN-1" };

static void add(struct plan *p, enum plan_type type, const char *src, const char *dst)
{
	plan_add(p, (struct plan_op){ .type = type,
				      .stage = PLAN_STAGE_BWRAP,
				      .src = src != NULL ? xstrdup(src) : NULL,
				      .dst = dst != NULL ? xstrdup(dst) : NULL,
				      .why = xstrdup("test") });
}

static struct plan make_plan(void)
{
	static const struct sock_filter refuse[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS) };
	struct plan p = { 0 };

	add(&p, PLAN_UNSHARE, NULL, "net");
	add(&p, PLAN_UNSHARE, NULL, "ipc");
	add(&p, PLAN_TMPFS, NULL, "/h");
	add(&p, PLAN_REMOUNT_RO, NULL, "/");
	plan_add(&p, (struct plan_op){ .type = PLAN_SECCOMP,
				       .stage = PLAN_STAGE_INIT,
				       .data = xmemdup(refuse, sizeof(refuse)),
				       .len = sizeof(refuse),
				       .why = xstrdup("t") });
	return p;
}

static const struct mutant *find(const char *name)
{
	for (size_t i = 0; i < mutants_n; i++) {
		if (streq(mutants[i].name, name))
			return &mutants[i];
	}
	ck_abort_msg("no mutant %s", name);
	return NULL;
}

START_TEST(the_table_is_sound)
{
	size_t refused = 0;

	ck_assert_uint_ge(mutants_n, 24);
	for (size_t i = 0; i < mutants_n; i++) {
		const struct mutant *m = &mutants[i];

		ck_assert_msg(m->edit.kind != MUTANT_NONE && m->killed_by[0] != '\0' && m->why[0] != '\0',
			      "%s", m->name);
		ck_assert_msg(m->proof_refuses == (m->reason == NULL),
			      "%s: a reason where the proof is silent", m->name);
		refused += m->verify_refuses;
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(m->name, mutants[k].name);
	}
	ck_assert_uint_ge(refused, 12);
}
END_TEST

START_TEST(an_edit_that_matches_nothing_is_an_error)
{
	for (size_t i = 0; i < mutants_n; i++) {
		AUTO_PLAN struct plan p = { 0 };
		struct diag d = { 0 };
		bool adds = mutants[i].edit.kind == MUTANT_ADD || mutants[i].edit.kind == MUTANT_SETENV;

		ck_assert_int_eq(mutant_apply(&mutants[i], &p, &paths, &d), adds ? 0 : -ENOENT);
		ck_assert_uint_eq(p.n, adds ? 1 : 0);
		ck_assert(adds || strstr(d.msg, mutants[i].name) != NULL);
	}
}
END_TEST

START_TEST(an_operation_is_left_out_and_no_other)
{
	AUTO_PLAN struct plan p = make_plan();
	size_t n = p.n;
	struct diag d = { 0 };

	ck_assert_int_eq(mutant_apply(find("share-net"), &p, &paths, &d), 0);
	ck_assert_uint_eq(p.n, n - 1);
	ck_assert_ptr_null(plan_find(&p, PLAN_UNSHARE, "net"));
	ck_assert_ptr_nonnull(plan_find(&p, PLAN_UNSHARE, "ipc"));
}
END_TEST

START_TEST(a_fresh_home_becomes_a_bind)
{
	AUTO_PLAN struct plan p = make_plan();
	size_t n = p.n;
	struct diag d = { 0 };

	ck_assert_int_eq(mutant_apply(find("home-bound"), &p, &paths, &d), 0);
	ck_assert_uint_eq(p.n, n);
	ck_assert_str_eq(plan_find(&p, PLAN_RW_BIND, "/h")->src, "/h");
	ck_assert_ptr_null(plan_find(&p, PLAN_TMPFS, NULL));
}
END_TEST

START_TEST(a_bind_more_comes_after_what_covers_it)
{
	AUTO_PLAN struct plan p = make_plan();
	const struct plan_op *ssh;
	struct diag d = { 0 };

	ck_assert_int_eq(mutant_apply(find("ssh-bound"), &p, &paths, &d), 0);
	ssh = plan_find(&p, PLAN_RO_BIND, "/h/.ssh");
	ck_assert_ptr_nonnull(ssh);
	ck_assert(ssh > plan_find(&p, PLAN_TMPFS, "/h") && ssh < plan_find(&p, PLAN_REMOUNT_RO, "/"));
}
END_TEST

START_TEST(a_call_is_let_pass_before_the_filter)
{
	AUTO_PLAN struct plan p = make_plan();
	struct plan_op *op;
	struct sock_filter insn[6];
	struct diag d = { 0 };

	ck_assert_int_eq(mutant_apply(find("call-mount"), &p, &paths, &d), 0);
	op = plan_find(&p, PLAN_SECCOMP, NULL);
	ck_assert_uint_eq(op->len, sizeof(insn));
	memcpy(insn, op->data, sizeof(insn));
	ck_assert_uint_eq(insn[4].k, SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(insn[5].k, SECCOMP_RET_KILL_PROCESS);
	/* Both tests jump to the old filter when they don't hold. */
	ck_assert_uint_eq(insn[1].jf, 3);
	ck_assert_uint_eq(insn[3].jf, 1);
}
END_TEST

START_TEST(a_secret_is_added_by_its_value)
{
	AUTO_PLAN struct plan p = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(mutant_apply(find("env-leak"), &p, &paths, &d), 0);
	ck_assert_str_eq(p.op[0].src, "CS_CANARY_TOKEN");
	ck_assert_str_eq(p.op[0].data, "TOKEN-1");
}
END_TEST

START_TEST(a_variable_is_left_out_by_its_name)
{
	AUTO_PLAN struct plan p = make_plan();
	size_t n = p.n;
	struct diag d = { 0 };

	add(&p, PLAN_SETENV, "USER", NULL);
	add(&p, PLAN_SETENV, "HOME", NULL);
	ck_assert_int_eq(mutant_apply(find("env-lost"), &p, &paths, &d), 0);
	ck_assert_uint_eq(p.n, n + 1);
	ck_assert_str_eq(p.op[n].src, "USER");
}
END_TEST

/* What is hidden differs from host to host: a mask of something else is never taken for it. */
START_TEST(a_system_mask_is_one_of_this_host)
{
	AUTO_PLAN struct plan p = { 0 };
	AUTO_STRV struct strv files = { 0 };
	struct diag d = { 0 };

	canary_etc(&files);
	add(&p, PLAN_MASK_FILE, NULL, "/h/p/masked");
	ck_assert_int_eq(mutant_apply(find("etc-unmasked"), &p, &paths, &d), -ENOENT);
	if (files.n == 0)
		return;
	add(&p, PLAN_MASK_FILE, NULL, files.v[files.n - 1]);
	ck_assert_int_eq(mutant_apply(find("etc-unmasked"), &p, &paths, &d), 0);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_str_eq(p.op[0].dst, "/h/p/masked");
}
END_TEST

Suite *mutants_suite(void)
{
	Suite *s = suite_create("mutants");
	TCase *tc = tcase_create("mutants");

	tcase_add_test(tc, the_table_is_sound);
	tcase_add_test(tc, an_edit_that_matches_nothing_is_an_error);
	tcase_add_test(tc, an_operation_is_left_out_and_no_other);
	tcase_add_test(tc, a_fresh_home_becomes_a_bind);
	tcase_add_test(tc, a_bind_more_comes_after_what_covers_it);
	tcase_add_test(tc, a_call_is_let_pass_before_the_filter);
	tcase_add_test(tc, a_secret_is_added_by_its_value);
	tcase_add_test(tc, a_variable_is_left_out_by_its_name);
	tcase_add_test(tc, a_system_mask_is_one_of_this_host);
	suite_add_tcase(s, tc);
	return s;
}
