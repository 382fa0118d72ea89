/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inodetime.h"
#include "unit.h"
#include "util.h"

/* Looked at before each change: where the kernel then gives finer times, it does. */
static struct timespec changed(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(fchmod(fd, 0600), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ctim;
}

START_TEST(it_lies_between_what_was_changed_before_and_after)
{
	char name[] = "/tmp/inodetime.XXXXXX";
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	unlink(name);
	for (int i = 0; i < 50; i++) {
		struct timespec before = changed(fd), past, between;

		clock_gettime(CLOCK_REALTIME, &past);
		between = inodetime_after(past);
		ck_assert_msg(!time_is_since(before, between),
			      "round %d: what was changed before is not earlier", i);
		ck_assert_msg(time_is_since(changed(fd), between),
			      "round %d: what is changed after is earlier", i);
	}
	close(fd);
}
END_TEST

START_TEST(a_clock_that_was_set_back_is_not_waited_for)
{
	struct timespec past, start, end;

	clock_gettime(CLOCK_REALTIME, &past);
	past.tv_sec += 3600;
	clock_gettime(CLOCK_MONOTONIC, &start);
	(void)inodetime_after(past);
	clock_gettime(CLOCK_MONOTONIC, &end);
	ck_assert_int_lt(end.tv_sec - start.tv_sec, 60);
}
END_TEST

Suite *inodetime_suite(void)
{
	Suite *s = suite_create("inodetime");
	TCase *t = tcase_create("inodetime");

	tcase_add_test(t, it_lies_between_what_was_changed_before_and_after);
	tcase_add_test(t, a_clock_that_was_set_back_is_not_waited_for);
	suite_add_tcase(s, t);
	return s;
}
