/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#include "bpfsim.h"
#include "canary.h"
#include "filter.h"
#include "filter_table.h"
#include "manifest.h"
#include "mem.h"
#include "mutants/mutants.h"
#include "plan.h"
#include "strv.h"
#include "unit.h"
#include "util.h"

static const struct mutant_paths paths = {
	.home = "/h", .project = "/h/p", .base = "/b", .token = "TOKEN-1"
};

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

	ck_assert_uint_ge(mutants_n, 60);
	for (size_t i = 0; i < mutants_n; i++) {
		const struct mutant *m = &mutants[i];

		ck_assert_msg(m->edit[0].kind != MUTANT_NONE && m->why[0] != '\0', "%s", m->name);
		ck_assert_msg(m->killed_by[0] != '\0' || m->proof_refuses, "%s: nobody notices", m->name);
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
		size_t edits = 0, added = 0;
		bool adds;

		for (; edits < MUTANT_EDITS && mutants[i].edit[edits].kind != MUTANT_NONE; edits++)
			added += mutants[i].edit[edits].kind == MUTANT_ADD ||
				 mutants[i].edit[edits].kind == MUTANT_SETENV;
		/* What only adds finds its place in every plan. */
		adds = added == edits;
		ck_assert_int_eq(mutant_apply(&mutants[i], &p, &paths, &d), adds ? 0 : -ENOENT);
		ck_assert_uint_eq(p.n, adds ? edits : 0);
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

/* --- the filter */

/* The shipped program as a plan's operation, with the edits of a mutant if given. */
static struct plan filter_plan(const struct mutant *m)
{
	struct plan p = { 0 };
	struct filter f = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(filter_default(filter_native_arch(), &f, &d), 0);
	plan_add(&p, (struct plan_op){ .type = PLAN_SECCOMP,
				       .stage = PLAN_STAGE_INIT,
				       .data = xmemdup(f.insn, f.n * sizeof(*f.insn)),
				       .len = f.n * sizeof(*f.insn),
				       .why = xstrdup("t") });
	if (m != NULL)
		ck_assert_msg(mutant_apply(m, &p, &paths, &d) == 0, "%s", d.msg);
	return p;
}

static uint32_t verdict(const struct plan *p, const char *call, const uint64_t args[6])
{
	struct seccomp_data data = { .nr = filter_resolve(filter_native_arch(), call),
				     .arch = filter_native_arch() };
	struct diag d = { 0 };
	uint32_t r;

	memcpy(data.args, args, sizeof(data.args));
	r = bpfsim_run((const struct sock_filter *)(const void *)p->op[0].data,
		       p->op[0].len / sizeof(struct sock_filter), &data, &d);
	ck_assert_msg(d.code == 0, "%s", d.msg);
	return r;
}

static bool is_filter(const struct mutant *m)
{
	return m->edit[0].kind == MUTANT_FILTER && m->edit[1].kind == MUTANT_NONE;
}

static bool here(const struct filter_row *row)
{
	return filter_resolve(filter_native_arch(), row->name) >= 0;
}

/* Arguments that the row's tests hold for. */
static void arguments_of(const struct filter_row *row, uint64_t args[6])
{
	memset(args, 0, 6 * sizeof(*args));
	for (size_t i = 0; i < ARRAY_SIZE(row->test); i++) {
		const struct filter_test *t = &row->test[i];

		if (t->op == FILTER_EQ || t->op == FILTER_MASKED || t->op == FILTER_ANY)
			args[t->arg] |= t->value;
		else if (t->op == FILTER_NE)
			args[t->arg] = 40;
		else if (t->op == FILTER_SET)
			args[t->arg] = 1;
	}
}

static bool let_pass(const struct filter_row *row, const uint64_t args[6])
{
	bool passes = false;

	for (size_t i = 0; i < mutants_n && !passes; i++) {
		AUTO_PLAN struct plan p = { 0 };

		if (!is_filter(&mutants[i]))
			continue;
		p = filter_plan(&mutants[i]);
		passes = verdict(&p, row->name, args) == SECCOMP_RET_ALLOW;
	}
	return passes;
}

START_TEST(each_argument_row_has_a_mutant)
{
	size_t n, tried = 0;
	const struct filter_row *row = filter_rows(&n);
	AUTO_PLAN struct plan shipped = filter_plan(NULL);

	for (size_t i = 0; i < n; i++) {
		uint64_t args[6];

		if (!row[i].is_if || row[i].action == SECCOMP_RET_ALLOW || !here(&row[i]))
			continue;
		arguments_of(&row[i], args);
		ck_assert_msg(verdict(&shipped, row[i].name, args) != SECCOMP_RET_ALLOW, "%s: %s",
			      row[i].name, row[i].why);
		ck_assert_msg(let_pass(&row[i], args), "no mutant lets %s pass: %s", row[i].name, row[i].why);
		tried++;
	}
	ck_assert_uint_ge(tried, 15);
}
END_TEST

/* Refused whatever the arguments: the edit must name the call or its group. */
static bool group_edited(const struct mutant *m, const char *group)
{
	const char *src = m->edit[0].src;
	size_t n;
	const struct filter_row *row = filter_rows(&n);

	if (!is_filter(m))
		return false;
	if (str_starts(src, "group:"))
		return streq(src + 6, group);
	for (size_t i = 0; i < n; i++)
		if (!row[i].is_if && streq(row[i].group, group) && strstr(src, row[i].name) != NULL)
			return true;
	return false;
}

START_TEST(each_group_has_a_mutant)
{
	size_t n, tried = 0;
	const struct filter_row *row = filter_rows(&n);

	for (size_t i = 0; i < n; i++) {
		bool edited = false;

		if (row[i].is_if || row[i].action == SECCOMP_RET_ALLOW)
			continue;
		for (size_t k = 0; k < mutants_n && !edited; k++)
			edited = group_edited(&mutants[k], row[i].group);
		for (size_t k = 0; k < mutants_simulated_n && !edited; k++)
			edited = group_edited(&mutants_simulated[k].mutant, row[i].group);
		ck_assert_msg(edited, "no mutant for the group %s (%s)", row[i].group, row[i].name);
		tried++;
	}
	ck_assert_uint_ge(tried, 60);
}
END_TEST

/* An edit must not open more than its words say, or close anything. */
START_TEST(a_filter_edit_changes_what_it_names_and_nothing_else)
{
	static const uint64_t some[][6] = { { 0 },
					    { 1, 0x5412, 31, 06000, 0, 35 },
					    { 0x10000011, 06000, 0100, 06000 },
					    { 0x100000002, 0x100005412, 0x100000001, 1 } };
	AUTO_PLAN struct plan shipped = filter_plan(NULL);
	size_t n;
	const struct filter_row *row = filter_rows(&n);

	for (size_t i = 0; i < mutants_n; i++) {
		AUTO_PLAN struct plan p = { 0 };

		if (!is_filter(&mutants[i]))
			continue;
		p = filter_plan(&mutants[i]);
		for (size_t k = 0; k < n * ARRAY_SIZE(some); k++) {
			const struct filter_row *r = &row[k / ARRAY_SIZE(some)];
			const uint64_t *args = some[k % ARRAY_SIZE(some)];
			const char *src = mutants[i].edit[0].src;
			bool named;

			if (r->is_if || !here(r) || k % 3 != i % 3)
				continue;
			named = str_starts(src, "group:") ? streq(src + 6, r->group)
							  : strstr(src, r->name) != NULL;
			if (named)
				continue;
			ck_assert_msg(verdict(&p, r->name, args) == verdict(&shipped, r->name, args),
				      "%s: %s", mutants[i].name, r->name);
		}
	}
}
END_TEST

START_TEST(a_comparison_of_64_bits_lets_high_bits_pass)
{
	static const uint64_t plain[6] = { 0, 0x5412 }, high[6] = { 0, 0x5412 | 1ULL << 32 };
	AUTO_PLAN struct plan shipped = filter_plan(NULL), p = filter_plan(find("subtle-tiocsti-64"));

	ck_assert_uint_ne(verdict(&shipped, "ioctl", high), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, "ioctl", high), SECCOMP_RET_ALLOW);
	ck_assert_uint_ne(verdict(&p, "ioctl", plain), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(flags_compared_as_a_whole_let_others_pass)
{
	static const uint64_t alone[6] = { 0x10000011 }, more[6] = { 0x10000011 | 0x200 };
	AUTO_PLAN struct plan p = filter_plan(find("subtle-clone-equal"));

	ck_assert_uint_ne(verdict(&p, "clone", alone), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, "clone", more), SECCOMP_RET_ALLOW);
}
END_TEST

#ifdef __x86_64__
START_TEST(without_the_abi_a_32_bit_call_is_taken_for_another)
{
	AUTO_PLAN struct plan shipped = filter_plan(NULL), p = filter_plan(find("abi-i386"));
	struct seccomp_data mount = { .nr = 21, .arch = AUDIT_ARCH_I386 };
	const struct plan *plans[] = { &shipped, &p };
	uint32_t seen[2];

	for (size_t i = 0; i < 2; i++) {
		struct diag d = { 0 };

		seen[i] = bpfsim_run((const struct sock_filter *)(const void *)plans[i]->op[0].data,
				     plans[i]->op[0].len / sizeof(struct sock_filter), &mount, &d);
		ck_assert_int_eq(d.code, 0);
	}
	ck_assert_uint_ne(seen[0], SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(seen[1], SECCOMP_RET_ALLOW);
}
END_TEST
#endif

START_TEST(the_simulator_sees_what_no_box_shows)
{
	AUTO_PLAN struct plan shipped = filter_plan(NULL);

	ck_assert_uint_ge(mutants_simulated_n, 3);
	for (size_t i = 0; i < mutants_simulated_n; i++) {
		const struct mutant_simulated *m = &mutants_simulated[i];
		struct mutant_simulated blind = *m;
		AUTO_FREE char *saw = mutant_simulate(m, shipped.op[0].data, shipped.op[0].len);
		AUTO_FREE char *none = NULL;

		ck_assert_msg(saw == NULL, "%s: %s", m->mutant.name, saw);
		ck_assert(m->reason[0] != '\0' && m->mutant.why[0] != '\0');
		/* Without its edit it must be seen as one that changes nothing. */
		blind.mutant.edit[0] = (struct mutant_edit){ .kind = MUTANT_NONE };
		none = mutant_simulate(&blind, shipped.op[0].data, shipped.op[0].len);
		ck_assert_ptr_nonnull(none);
	}
}
END_TEST

/* --- requested openings */

static const struct mutant *opened(unsigned int flag)
{
	for (size_t i = 0; i < mutants_n; i++)
		if (mutants[i].edit[0].kind == MUTANT_OPENED && mutants[i].edit[0].number == (long)flag)
			return &mutants[i];
	return NULL;
}

/* What a request is forgiven must be red when nobody asked: a row that stays green is forgiven for nothing. */
START_TEST(each_opening_turns_red_what_it_excuses)
{
	static const struct {
		unsigned int flag;
		const char *probes;
	} openings[] = {
#define OPENING(key, filter, probes, calls, words) { FILTER_##filter, probes },
#include "data/openings.def"
#undef OPENING
	};
	AUTO_MANIFEST struct manifest m = { 0 };
	struct diag d = { 0 };

	ck_assert_msg(manifest_load("probes/MANIFEST", &m, &d) == 0, "%s", d.msg);
	for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
		const struct mutant *mutant = opened(openings[i].flag);
		size_t named = 0, words = openings[i].probes[0] != '\0';

#ifndef __x86_64__
		if (openings[i].flag == FILTER_I386)
			continue;
#endif
		ck_assert_msg(mutant != NULL || words == 0, "no mutant for %s", openings[i].probes);
		if (mutant == NULL)
			continue;
		for (const char *s = openings[i].probes; *s != '\0'; s++)
			words += *s == ' ';
		for (size_t k = 0; k < m.n; k++) {
			AUTO_FREE char *list = xasprintf(" %s ", openings[i].probes);
			AUTO_FREE char *word = xasprintf(" %s ", m.row[k].id);
			bool excused = strstr(list, word) != NULL;

			ck_assert_msg(!excused || strv_has(&m.row[k].mutants, mutant->name),
				      "%s is excused, and %s does not name it", m.row[k].id, mutant->name);
			named += excused;
		}
		ck_assert_uint_eq(named, words);
	}
}
END_TEST

/* --- every kind of operation */

static bool touched(enum plan_type type)
{
	for (size_t i = 0; i < mutants_n; i++)
		for (size_t k = 0; k < MUTANT_EDITS; k++)
			if (mutants[i].edit[k].kind != MUTANT_NONE &&
			    (mutants[i].edit[k].type == type || mutants[i].edit[k].to == type))
				return true;
	return false;
}

START_TEST(every_kind_of_operation_has_a_mutant_or_a_reason)
{
	static const struct {
		enum plan_type type;
		const char *reason;
	} without[] = {
		{ PLAN_NO_NEW_PRIVS, "bwrap always sets it, in the control box too" },
		{ PLAN_DIE_WITH_PARENT, "shows when the launcher dies: suites/e2e/kill" },
		{ PLAN_KERNEL_UID, "done before bwrap starts, by root only; run_plan compares init's uid" },
		{ PLAN_SYMLINK, "the host's layout: what it leads to is bound or is not" },
		{ PLAN_DIR, "leads to mounts, and what masks are made of" },
		{ PLAN_FILE, "what masks are made of: empty; private copies of the agent's files" },
		{ PLAN_MAKE_DIR, "done on the host before bwrap starts" },
		{ PLAN_DEV, "the host's /dev without device nodes lets no program run" },
		{ PLAN_HOLD, "for what the host does behind a session's back; suites/e2e/hostsaves" },
		{ PLAN_EGRESS_LOG, "protects nothing; suites/e2e/egresslog" },
		{ PLAN_UPSTREAM, "the caller's word, and behind the rules; suites/e2e/upstream" },
		{ PLAN_DIRECT, "the same" },
		{ PLAN_MITMPROXY, "behind the rules, too; suites/e2e/upstream" },
		{ PLAN_LIMIT, "hangs on a control group, which few machines lend: suites/vm/limits" },
		{ PLAN_LANDLOCK, "the second layer: suites/mutants/second.def" },
	};

	for (int t = PLAN_INVALID + 1; t < PLAN_TYPES; t++) {
		const char *reason = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(without); i++)
			if (without[i].type == (enum plan_type)t)
				reason = without[i].reason;
		ck_assert_msg(touched((enum plan_type)t) == (reason == NULL), "%s: %s",
			      plan_type_name((enum plan_type)t),
			      reason != NULL ? "has a mutant and a reason for having none" : "no mutant");
	}
}
END_TEST

START_TEST(a_mask_is_mounted_before_what_covers_it)
{
	AUTO_PLAN struct plan p = make_plan();
	const struct plan_op *bind, *mask;
	struct diag d = { 0 };

	add(&p, PLAN_RW_BIND, "/h/p", "/h/p");
	add(&p, PLAN_MASK_FILE, NULL, "/h/p/secret/masked.env");
	p.op[p.n - 1].stage = PLAN_STAGE_FD;
	ck_assert_int_eq(mutant_apply(find("subtle-mask-early"), &p, &paths, &d), 0);
	bind = plan_find(&p, PLAN_RW_BIND, "/h/p");
	mask = plan_find(&p, PLAN_DATA, "/h/p/secret/masked.env");
	ck_assert_ptr_nonnull(mask);
	ck_assert(mask < bind && mask->stage == PLAN_STAGE_BWRAP);
	ck_assert_ptr_null(plan_find(&p, PLAN_MASK_FILE, NULL));
}
END_TEST

START_TEST(a_shallow_remount_follows_its_bind)
{
	AUTO_PLAN struct plan p = make_plan();
	const struct plan_op *bind, *remount;
	size_t n = p.n;
	struct diag d = { 0 };

	add(&p, PLAN_RO_BIND, "/b/shared", "/b/shared");
	ck_assert_int_eq(mutant_apply(find("subtle-ro-shallow"), &p, &paths, &d), 0);
	ck_assert_uint_eq(p.n, n + 2);
	bind = plan_find(&p, PLAN_RW_BIND, "/b/shared");
	remount = plan_find(&p, PLAN_REMOUNT_RO, "/b/shared");
	ck_assert(bind != NULL && remount == bind + 1);
}
END_TEST

START_TEST(what_the_launcher_does_wrong_is_no_part_of_the_plan)
{
	struct mutant_launch l;

	mutant_launch(find("subtle-env-pid1"), &paths, &l);
	ck_assert_str_eq(l.wrong.bwrap[0], "--setenv");
	ck_assert_str_eq(l.wrong.bwrap[2], "TOKEN-1");
	ck_assert_ptr_null(l.wrong.bwrap[3]);
	ck_assert_int_eq(l.wrong.fd, 0);
	mutant_launch_done(&l);
	mutant_launch(find("subtle-one-fd"), &paths, &l);
	ck_assert_int_eq(l.wrong.fd, 251);
	ck_assert_ptr_null(l.wrong.bwrap[0]);
	mutant_launch_done(&l);
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

/* A layer that is taken away leaves nothing of it, and a plan without it is told. */
START_TEST(a_layer_goes_as_a_whole)
{
	AUTO_PLAN struct plan p = make_plan();
	AUTO_STRV struct strv env = { 0 };
	const struct mutant_paths with = { .home = "/h", .project = "/h/p", .base = "/b", .env = &env };
	unsigned had = 0;

	strv_add(&env, "SECRET=1");
	strv_add(&env, "ODD");
	add(&p, PLAN_MASK_FILE, NULL, "/h/p/m");
	add(&p, PLAN_RO_BIND, "/usr", "/usr");
	for (size_t i = 0; i < layers_n; i++) {
		struct mutant_taken taken = { 0 };

		had |= layer_take(&layers[i], &p, &with, &taken) ? 1U << i : 0;
		ck_assert(taken.keep_caps == false || streq(layers[i].name, "caps"));
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(layers[i].name, layers[k].name);
	}
	ck_assert_ptr_null(plan_find(&p, PLAN_UNSHARE, NULL));
	ck_assert_ptr_null(plan_find(&p, PLAN_SECCOMP, NULL));
	ck_assert_ptr_null(plan_find(&p, PLAN_REMOUNT_RO, NULL));
	ck_assert_ptr_null(plan_find(&p, PLAN_MASK_FILE, NULL));
	ck_assert_ptr_null(plan_find(&p, PLAN_RO_BIND, NULL));
	ck_assert_ptr_nonnull(plan_find(&p, PLAN_RW_BIND, "/usr"));
	ck_assert_str_eq(plan_find(&p, PLAN_RW_BIND, "/b")->src, "/b");
	ck_assert_str_eq(plan_find(&p, PLAN_SETENV, NULL)->data, "1");
	for (size_t i = 0; i < layers_n; i++) {
		static const char *const has = " seccomp mount ns-ipc ns-net env ";
		AUTO_FREE char *word = xasprintf(" %s ", layers[i].name);

		ck_assert_msg(((had >> i) & 1) == (strstr(has, word) != NULL), "%s", layers[i].name);
	}
}
END_TEST

Suite *mutants_suite(void)
{
	Suite *s = suite_create("mutants");
	TCase *tc = tcase_create("mutants");

	tcase_add_test(tc, a_layer_goes_as_a_whole);
	tcase_add_test(tc, the_table_is_sound);
	tcase_add_test(tc, an_edit_that_matches_nothing_is_an_error);
	tcase_add_test(tc, an_operation_is_left_out_and_no_other);
	tcase_add_test(tc, a_fresh_home_becomes_a_bind);
	tcase_add_test(tc, a_bind_more_comes_after_what_covers_it);
	tcase_add_test(tc, each_argument_row_has_a_mutant);
	tcase_add_test(tc, each_group_has_a_mutant);
	tcase_add_test(tc, each_opening_turns_red_what_it_excuses);
	tcase_add_test(tc, a_filter_edit_changes_what_it_names_and_nothing_else);
	tcase_add_test(tc, a_comparison_of_64_bits_lets_high_bits_pass);
	tcase_add_test(tc, flags_compared_as_a_whole_let_others_pass);
#ifdef __x86_64__
	tcase_add_test(tc, without_the_abi_a_32_bit_call_is_taken_for_another);
#endif
	tcase_add_test(tc, the_simulator_sees_what_no_box_shows);
	tcase_add_test(tc, every_kind_of_operation_has_a_mutant_or_a_reason);
	tcase_add_test(tc, a_mask_is_mounted_before_what_covers_it);
	tcase_add_test(tc, a_shallow_remount_follows_its_bind);
	tcase_add_test(tc, what_the_launcher_does_wrong_is_no_part_of_the_plan);
	tcase_add_test(tc, a_secret_is_added_by_its_value);
	tcase_add_test(tc, a_variable_is_left_out_by_its_name);
	tcase_add_test(tc, a_system_mask_is_one_of_this_host);
	suite_add_tcase(s, tc);
	return s;
}
