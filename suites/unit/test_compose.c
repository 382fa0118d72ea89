/* SPDX-License-Identifier: MIT */
/* The order of a plan, on every recorded machine. */
#include <errno.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "replayed.h"
#include "unit.h"
#include "util.h"
#include "verify.h"

static void made(struct replayed *r, const char *machine)
{
	replayed_open(r, machine, NULL);
	ck_assert_msg(replayed_plan(r) == 0, "%s: %s", machine, r->diag.msg);
}

START_TEST(parents_are_mounted_before_children)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	made(&r, replayed_machines[_i]);
	for (size_t i = 0; i < r.plan.n; i++) {
		const struct plan_op *later = &r.plan.op[i];

		if (!plan_is_mount(later->type))
			continue;
		for (size_t k = 0; k < i; k++) {
			const struct plan_op *earlier = &r.plan.op[k];

			if (plan_is_mount(earlier->type) && !streq(earlier->dst, later->dst))
				ck_assert_msg(!path_is_under(earlier->dst, later->dst), "%s covers %s",
					      later->dst, earlier->dst);
		}
	}
}
END_TEST

START_TEST(stages_follow_each_other)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	enum plan_stage last = PLAN_STAGE_LAUNCH;

	made(&r, replayed_machines[_i]);
	for (size_t i = 0; i < r.plan.n; i++) {
		ck_assert_msg(r.plan.op[i].stage >= last, "%s after stage %s",
			      plan_type_name(r.plan.op[i].type), plan_stage_name(last));
		last = r.plan.op[i].stage;
	}
	ck_assert_int_eq(last, PLAN_STAGE_INIT);
}
END_TEST

START_TEST(root_is_made_read_only_after_everything_bwrap_mounts)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct plan_op *ro;

	made(&r, replayed_machines[_i]);
	ro = plan_find(&r.plan, PLAN_REMOUNT_RO, "/");
	ck_assert_ptr_nonnull(ro);
	for (const struct plan_op *op = ro + 1; op < r.plan.op + r.plan.n; op++)
		ck_assert(op->stage != PLAN_STAGE_BWRAP || !plan_is_mount(op->type));
}
END_TEST

START_TEST(every_operation_says_why)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	made(&r, replayed_machines[_i]);
	for (size_t i = 0; i < r.plan.n; i++) {
		ck_assert_ptr_nonnull(r.plan.op[i].why);
		ck_assert_str_ne(r.plan.op[i].why, "");
		ck_assert_int_ne(r.plan.op[i].type, PLAN_INVALID);
	}
}
END_TEST

START_TEST(only_project_and_fresh_places_are_writable)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	size_t writable = 0;

	made(&r, replayed_machines[_i]);
	for (size_t i = 0; i < r.plan.n; i++) {
		if (r.plan.op[i].type != PLAN_RW_BIND)
			continue;
		ck_assert_str_eq(r.plan.op[i].src, r.policy.project);
		writable++;
	}
	ck_assert_uint_eq(writable, 1);
}
END_TEST

START_TEST(all_six_namespaces_are_asked_for)
{
	static const char *const ns[] = { "user", "pid", "ipc", "uts", "cgroup", "net" };
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	made(&r, "debian-merged-usr");
	for (size_t i = 0; i < ARRAY_SIZE(ns); i++)
		ck_assert_ptr_nonnull(plan_find(&r.plan, PLAN_UNSHARE, ns[i]));
}
END_TEST

START_TEST(old_bwrap_gets_no_option_that_it_lacks)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	made(&r, "debian-split-usr");
	ck_assert_ptr_null(plan_find(&r.plan, PLAN_NO_NESTED_USERNS, NULL));
}
END_TEST

START_TEST(network_of_the_host_needs_the_word)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_HOST;
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_ptr_null(plan_find(&r.plan, PLAN_UNSHARE, "net"));
}
END_TEST

START_TEST(read_only_bind_inside_the_project_pins_its_ancestors)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct plan_op *bind;

	replayed_open(&r, "debian-merged-usr", "/home/ann/proj");
	replayed_extra(&r.conf.extra_ro, "/home/ann/proj/src", "--extra-ro");
	ck_assert_int_eq(replayed_plan(&r), 0);
	bind = plan_find(&r.plan, PLAN_RO_BIND, "/home/ann/proj/src");
	ck_assert_ptr_nonnull(bind);
	ck_assert_int_eq(bind->stage, PLAN_STAGE_FD);
	ck_assert(bind > plan_find(&r.plan, PLAN_RW_BIND, "/home/ann/proj"));
}
END_TEST

START_TEST(found_things_are_masked_by_descriptor)
{
	struct compose_mask mask[] = {
		{ .path = (char[]){ "/home/ann/proj/a/key.pem" }, .why = (char[]){ "mask" } },
		{ .path = (char[]){ "/home/ann/proj/dir" }, .is_dir = true, .why = (char[]){ "mask" } },
		{ .path = (char[]){ "/home/ann/proj/sock" }, .closed = true, .why = (char[]){ "socket" } },
	};
	struct compose_found found = { .mask = mask, .n = ARRAY_SIZE(mask) };
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	made(&r, "debian-merged-usr");
	plan_done(&r.plan);
	ck_assert_int_eq(compose_plan(&r.policy, &r.filter, &found, &r.plan, &r.diag), 0);
	ck_assert_int_eq(plan_find(&r.plan, PLAN_MASK_FILE, "/home/ann/proj/a/key.pem")->number, 0444);
	ck_assert_int_eq(plan_find(&r.plan, PLAN_MASK_DIR, "/home/ann/proj/dir")->number, 0555);
	ck_assert_int_eq(plan_find(&r.plan, PLAN_MASK_FILE, "/home/ann/proj/sock")->number, 0);
	ck_assert_int_eq(plan_find(&r.plan, PLAN_MASK_FILE, "/home/ann/proj/sock")->stage, PLAN_STAGE_FD);
}
END_TEST

/* A rename of what lies above would take them to a name that the next scan doesn't know. */
START_TEST(found_things_are_held_where_they_are)
{
	struct compose_mask mask[] = {
		{ .path = (char[]){ "/home/ann/proj/a/b/key" }, .pinned = true, .why = (char[]){ "mask" } },
		{ .path = (char[]){ "/home/ann/proj/c/su" }, .read_only = true, .why = (char[]){ "setuid" } },
		{ .path = (char[]){ "/home/ann/proj/d" },
		  .is_dir = true,
		  .closed = true,
		  .why = (char[]){ "unsearchable" } },
	};
	struct compose_found found = { .mask = mask, .n = ARRAY_SIZE(mask) };
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct plan_op *ro;

	made(&r, "debian-merged-usr");
	plan_done(&r.plan);
	ck_assert_int_eq(compose_plan(&r.policy, &r.filter, &found, &r.plan, &r.diag), 0);
	ck_assert_ptr_nonnull(plan_find(&r.plan, PLAN_PIN, "/home/ann/proj/a"));
	ck_assert_ptr_nonnull(plan_find(&r.plan, PLAN_PIN, "/home/ann/proj/a/b"));
	ck_assert_ptr_null(plan_find(&r.plan, PLAN_PIN, "/home/ann/proj"));
	ck_assert(plan_find(&r.plan, PLAN_PIN, "/home/ann/proj/a/b") <
		  plan_find(&r.plan, PLAN_MASK_FILE, "/home/ann/proj/a/b/key"));
	ro = plan_find(&r.plan, PLAN_RO_BIND, "/home/ann/proj/c/su");
	ck_assert_ptr_nonnull(ro);
	ck_assert_int_eq(ro->stage, PLAN_STAGE_FD);
	ck_assert_int_eq(plan_find(&r.plan, PLAN_MASK_DIR, "/home/ann/proj/d")->number, 0);
	ck_assert_msg(verify_plan(&r.plan, &r.policy, &r.diag) == 0, "%s", r.diag.msg);
}
END_TEST

START_TEST(no_filter_is_no_plan)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	struct filter none = { 0 };

	made(&r, "debian-merged-usr");
	plan_done(&r.plan);
	ck_assert_int_lt(compose_plan(&r.policy, NULL, NULL, &r.plan, &r.diag), 0);
	ck_assert_int_lt(compose_plan(&r.policy, &none, NULL, &r.plan, &r.diag), 0);
	r.policy.no_seccomp = true;
	ck_assert_int_eq(compose_plan(&r.policy, NULL, NULL, &r.plan, &r.diag), 0);
	ck_assert_ptr_null(plan_find(&r.plan, PLAN_SECCOMP, NULL));
}
END_TEST

START_TEST(a_link_to_the_project_gives_the_same_plan)
{
	AUTO_REPLAYED struct replayed a = REPLAYED_INIT;
	AUTO_REPLAYED struct replayed b = REPLAYED_INIT;

	replayed_open(&a, "debian-merged-usr", "/home/ann/proj");
	replayed_open(&b, "debian-merged-usr", "/home/ann/link-home/link-proj");
	ck_assert_int_eq(replayed_plan(&a), 0);
	ck_assert_int_eq(replayed_plan(&b), 0);
	ck_assert_uint_eq(a.plan.n, b.plan.n);
	for (size_t i = 0; i < a.plan.n; i++) {
		ck_assert_int_eq(a.plan.op[i].type, b.plan.op[i].type);
		ck_assert_pstr_eq(a.plan.op[i].src, b.plan.op[i].src);
		ck_assert_pstr_eq(a.plan.op[i].dst, b.plan.op[i].dst);
	}
}
END_TEST

Suite *compose_suite(void)
{
	Suite *s = suite_create("compose");
	TCase *t = tcase_create("compose");

	tcase_add_loop_test(t, parents_are_mounted_before_children, 0, REPLAYED_MACHINES);
	tcase_add_loop_test(t, stages_follow_each_other, 0, REPLAYED_MACHINES);
	tcase_add_loop_test(t, root_is_made_read_only_after_everything_bwrap_mounts, 0, REPLAYED_MACHINES);
	tcase_add_loop_test(t, every_operation_says_why, 0, REPLAYED_MACHINES);
	tcase_add_loop_test(t, only_project_and_fresh_places_are_writable, 0, REPLAYED_MACHINES);
	tcase_add_test(t, all_six_namespaces_are_asked_for);
	tcase_add_test(t, old_bwrap_gets_no_option_that_it_lacks);
	tcase_add_test(t, network_of_the_host_needs_the_word);
	tcase_add_test(t, read_only_bind_inside_the_project_pins_its_ancestors);
	tcase_add_test(t, found_things_are_masked_by_descriptor);
	tcase_add_test(t, found_things_are_held_where_they_are);
	tcase_add_test(t, no_filter_is_no_plan);
	tcase_add_test(t, a_link_to_the_project_gives_the_same_plan);
	suite_add_tcase(s, t);
	return s;
}
