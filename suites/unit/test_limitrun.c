/* SPDX-License-Identifier: MIT */
/* What is said of a limit that was reached, by what the kernel wrote into the files of the box's control group. */
#include "limitrun.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"
#include "util.h"

static const struct {
	const char *events, *said;
} rows[] = {
	{ "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n", NULL },
	{ "low 0\nhigh 0\nmax 9\noom 2\noom_kill 2\noom_group_kill 0\n",
	  "limit memory=64M (--limit) was reached: processes inside are killed for it, 2 in all" },
	/* A group above ours, or the machine, was full: no limit of the user's is to be blamed. */
	{ "low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\noom_group_kill 0\n",
	  "the machine, or a control group above the box's, had no memory left: processes inside are killed "
	  "for it, 1 "
	  "in all" },
};

START_TEST(whose_limit_it_was)
{
	char origin[] = "--limit";
	struct policy policy = { .limit[LIMIT_MEMORY] = { .n = 64 << 20, .origin = origin } };
	struct limitrun l = { .policy = &policy, .dir = -1, .tasks = -1, .sock = -1, .warden_fd = -1 };
	struct account a = { 0 };

	l.memory = memfd_create("memory.events", MFD_CLOEXEC);
	ck_assert(write(l.memory, rows[_i].events, strlen(rows[_i].events)) > 0);
	limitrun_say(&l, 0, 0, NULL, &a);
	ck_assert_uint_eq(a.n, rows[_i].said != NULL ? 1 : 0);
	if (rows[_i].said != NULL)
		ck_assert_str_eq(a.fact[0].text, rows[_i].said);
	close(l.memory);
	account_done(&a);
}
END_TEST

Suite *limitrun_suite(void)
{
	Suite *s = suite_create("limitrun");
	TCase *tc = tcase_create("limitrun");

	tcase_add_loop_test(tc, whose_limit_it_was, 0, (int)ARRAY_SIZE(rows));
	suite_add_tcase(s, tc);
	return s;
}
