/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "cgroup.h"
#include "limitset.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static const struct {
	enum limit_id id;
	const char *text;
	uint64_t n;
	const char *shown;
} good[] = {
	{ LIMIT_MEMORY, "64M", 64ULL << 20, "64M" },
	{ LIMIT_MEMORY, "2G", 2ULL << 30, "2G" },
	{ LIMIT_MEMORY, "1500M", 1500ULL << 20, "1500M" },
	{ LIMIT_MEMORY, "67108865", 67108865, "67108865" },
	{ LIMIT_MEMORY, "1024T", 1ULL << 50, "1024T" },
	{ LIMIT_MEMORY, "0002G", 2ULL << 30, "2G" },
	{ LIMIT_TASKS, "32", 32, "32" },
	{ LIMIT_TASKS, "4194304", 4194304, "4194304" },
	{ LIMIT_CPU, "150%", 150, "150%" },
	{ LIMIT_CPU, "5%", 5, "5%" },
	{ LIMIT_DISK, "1M", 1 << 20, "1M" },
};

START_TEST(a_value_is_read_and_shown)
{
	struct limit_fault fault;
	uint64_t n = 0;
	char text[LIMIT_TEXT];

	ck_assert_int_eq(limitset_value(good[_i].id, good[_i].text, strlen(good[_i].text), &n, &fault), 0);
	ck_assert_uint_eq(n, good[_i].n);
	ck_assert_str_eq(limitset_text(good[_i].id, n, text), good[_i].shown);
}
END_TEST

static const struct {
	const char *text, *why; /* a part of it */
	size_t at;
} bad[] = {
	{ "", "no such limit; these are: memory tasks cpu disk", 0 },
	{ ",", "no such limit", 0 },
	{ "=4G", "no such limit", 0 },
	{ "mem=4G", "no such limit", 0 },
	{ "memorys=4G", "no such limit", 0 },
	{ "Memory=4G", "no such limit", 0 },
	{ "tasks=64,", "no such limit", 9 },
	{ "tasks=64,,cpu=5%", "no such limit", 9 },
	{ "tasks=64 ,cpu=5%", "tasks is a number, such as 512", 8 },
	{ "memory", "memory needs a value, such as memory=4G", 6 },
	{ "memory,tasks=64", "memory needs a value", 6 },
	{ "memory=", "a number of bytes", 7 },
	{ "memory=G", "a number of bytes", 7 },
	{ "memory=4g", "a number of bytes", 8 },
	{ "memory=4GB", "a number of bytes", 8 },
	{ "memory=4.5G", "a number of bytes", 8 },
	{ "memory=-1G", "a number of bytes", 7 },
	{ "memory=+1G", "a number of bytes", 7 },
	{ "memory=0", "memory is at least 64M", 7 },
	{ "memory=65535K", "memory is at least 64M", 7 },
	{ "memory=1025T", "memory is at most 1024T", 7 },
	{ "memory=18446744073709551617", "memory is at most 1024T", 7 },
	{ "memory=18014398509481985K", "memory is at most 1024T", 7 },
	{ "tasks=31", "tasks is at least 32", 6 },
	{ "tasks=4K", "tasks is a number", 7 },
	{ "tasks=4194305", "tasks is at most 4194304", 6 },
	{ "cpu=200", "cpu is a number with a % behind it", 7 },
	{ "cpu=4%", "cpu is at least 5%", 4 },
	{ "cpu=1.5%", "cpu is a number with a % behind it", 5 },
	{ "cpu=100%%", "cpu is a number with a % behind it", 7 },
	{ "disk=1K", "disk is at least 1M", 5 },
	{ "disk=2G,disk", "disk needs a value", 12 },
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
	struct limit_item item;
	struct limit_fault fault = { 0 };
	size_t at = 0;
	int r;

	while ((r = limitset_next(bad[_i].text, &at, &item, &fault)) > 0)
		;
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_msg(strstr(fault.why, bad[_i].why) != NULL, "%s: %s", bad[_i].text, fault.why);
	ck_assert_uint_eq(fault.at, bad[_i].at);
	ck_assert_uint_le(fault.at, strlen(bad[_i].text));
}
END_TEST

START_TEST(a_list_is_read_one_by_one)
{
	static const char text[] = "cpu=5%,memory=1G,tasks=64,disk=2M";
	static const enum limit_id want[] = { LIMIT_CPU, LIMIT_MEMORY, LIMIT_TASKS, LIMIT_DISK };
	struct limit_item item;
	struct limit_fault fault;
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		ck_assert_int_eq(limitset_next(text, &at, &item, &fault), 1);
		ck_assert_int_eq(item.id, want[i]);
	}
	ck_assert_int_eq(limitset_next(text, &at, &item, &fault), 0);
}
END_TEST

/* --- what the kernel's files say */

START_TEST(the_own_group_is_that_of_version_2)
{
	static const struct {
		const char *text, *path;
	} rows[] = {
		{ "0::/\n", "/" },
		{ "0::/user.slice/a b.scope\n", "/user.slice/a b.scope" },
		{ "12:pids:/x\n0::/y\n", "/y" },
		{ "10::/x\n", NULL },
		{ "12:pids:/x\n", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_FREE char *path = cgroup_path(rows[i].text);

		if (rows[i].path == NULL)
			ck_assert_ptr_null(path);
		else
			ck_assert_str_eq(path, rows[i].path);
	}
}
END_TEST

START_TEST(the_root_is_where_version_2_is_mounted)
{
#define LINE(point, type) "30 23 0:26 / " point " rw,nosuid - " type " x rw\n"
	static const struct {
		const char *mounts, *root;
		bool v1;
	} rows[] = {
		{ LINE("/proc", "proc") LINE("/sys/fs/cgroup", "cgroup2"), "/sys/fs/cgroup", false },
		{ LINE("/sys/fs/cgroup/pids", "cgroup") LINE("/sys/fs/cgroup/unified", "cgroup2"),
		  "/sys/fs/cgroup/unified", true },
		{ LINE("/a\\040b", "cgroup2") LINE("/second", "cgroup2"), "/a b", false },
		{ LINE("/sys/fs/cgroup/pids", "cgroup"), NULL, true },
		{ "", NULL, false },
	};
#undef LINE

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool v1 = !rows[i].v1;
		AUTO_FREE char *root = cgroup_root(rows[i].mounts, &v1);

		ck_assert_pstr_eq(root, rows[i].root);
		ck_assert_int_eq(v1, rows[i].v1);
	}
}
END_TEST

START_TEST(events_are_found_by_their_whole_name)
{
	static const char text[] = "low 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 9\n";

	ck_assert_uint_eq(cgroup_number(text, "oom_kill"), 2);
	ck_assert_uint_eq(cgroup_number(text, "oom"), 3);
	ck_assert_uint_eq(cgroup_number(text, "max"), 12);
	ck_assert_uint_eq(cgroup_number(text, "kill"), 0);
	ck_assert_uint_eq(cgroup_number("", "max"), 0);
}
END_TEST

START_TEST(a_share_of_processors_is_a_quota)
{
	char buf[64];

	ck_assert_str_eq(cgroup_value(LIMIT_CPU, 150, buf), "150000 100000");
	ck_assert_str_eq(cgroup_value(LIMIT_TASKS, 64, buf), "64");
	ck_assert_str_eq(cgroup_value(LIMIT_MEMORY, 1ULL << 40, buf), "1099511627776");
}
END_TEST

Suite *limitset_suite(void)
{
	Suite *s = suite_create("limitset");
	TCase *tc = tcase_create("limitset");

	tcase_add_loop_test(tc, a_value_is_read_and_shown, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(tc, what_is_wrong_is_said_with_its_place, 0, ARRAY_SIZE(bad));
	tcase_add_test(tc, a_list_is_read_one_by_one);
	tcase_add_test(tc, the_own_group_is_that_of_version_2);
	tcase_add_test(tc, the_root_is_where_version_2_is_mounted);
	tcase_add_test(tc, events_are_found_by_their_whole_name);
	tcase_add_test(tc, a_share_of_processors_is_a_quota);
	suite_add_tcase(s, tc);
	return s;
}
