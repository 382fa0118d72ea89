/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

START_TEST(a_scope_closes_its_descriptor_and_keeps_errno)
{
	int seen;

	{
		AUTO_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		ck_assert_int_ge(fd, 0);
		seen = fd;
		errno = ENOTTY;
	}
	ck_assert_int_eq(errno, ENOTTY);
	ck_assert_int_eq(fcntl(seen, F_GETFD), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(taking_leaves_nothing_to_release)
{
	char *kept;
	int fd;

	{
		AUTO_FREE char *p = xstrdup("kept");
		AUTO_CLOSE int f = open("/dev/null", O_RDONLY | O_CLOEXEC);

		kept = TAKE_PTR(p);
		fd = TAKE_FD(f);
		ck_assert_ptr_null(p);
		ck_assert_int_eq(f, -1);
	}
	ck_assert_str_eq(kept, "kept");
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	close(fd);
	free(kept);
}
END_TEST

START_TEST(releasing_nothing_is_fine)
{
	AUTO_FREE char *p = NULL;
	AUTO_CLOSE int fd = -1;
	AUTO_FILE FILE *f = NULL;
	AUTO_DIR DIR *d = NULL;

	ck_assert_ptr_null(p);
	ck_assert_int_eq(fd, -1);
	ck_assert_ptr_null(f);
	ck_assert_ptr_null(d);
}
END_TEST

START_TEST(copies_are_copies)
{
	AUTO_FREE char *a = xstrndup("abcdef", 3);
	AUTO_FREE char *b = xstrndup("ab", 30);
	AUTO_FREE char *c = xstrndup("ab", 0);
	AUTO_FREE char *d = xmemdup("x\0y", 4);
	AUTO_FREE char *e = xasprintf("%d-%s", 5, "x");
	AUTO_FREE int *z = xcalloc(3, sizeof(*z));

	ck_assert_str_eq(a, "abc");
	ck_assert_str_eq(b, "ab");
	ck_assert_str_eq(c, "");
	ck_assert_mem_eq(d, "x\0y", 4);
	ck_assert_str_eq(e, "5-x");
	ck_assert_int_eq(z[0] + z[1] + z[2], 0);
}
END_TEST

START_TEST(size_0_is_refused)
{
	free(xmalloc((size_t)_i));
}
END_TEST

START_TEST(empty_arrays_are_refused)
{
	free(xrealloc_array(NULL, (size_t)_i, 8));
}
END_TEST

START_TEST(products_that_overflow_are_refused)
{
	free(xcalloc(SIZE_MAX / 2 + (size_t)_i, 4));
}
END_TEST

START_TEST(arrays_that_overflow_are_refused)
{
	free(xrealloc_array(NULL, SIZE_MAX / 8 + (size_t)_i, 16));
}
END_TEST

START_TEST(exhaustion_ends_the_program)
{
	mem_oom();
}
END_TEST

Suite *mem_suite(void)
{
	Suite *s = suite_create("mem");
	TCase *tc = tcase_create("mem");

	tcase_add_test(tc, a_scope_closes_its_descriptor_and_keeps_errno);
	tcase_add_test(tc, taking_leaves_nothing_to_release);
	tcase_add_test(tc, releasing_nothing_is_fine);
	tcase_add_test(tc, copies_are_copies);
	suite_add_tcase(s, tc);
	tc = tcase_create("death");
	tcase_add_loop_exit_test(tc, size_0_is_refused, 125, 0, 1);
	tcase_add_loop_exit_test(tc, empty_arrays_are_refused, 125, 0, 1);
	tcase_add_loop_exit_test(tc, products_that_overflow_are_refused, 125, 0, 1);
	tcase_add_loop_exit_test(tc, arrays_that_overflow_are_refused, 125, 0, 1);
	tcase_add_exit_test(tc, exhaustion_ends_the_program, 125);
	suite_add_tcase(s, tc);
	return s;
}
