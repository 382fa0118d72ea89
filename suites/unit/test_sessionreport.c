/* SPDX-License-Identifier: MIT */
/* The report on a full disk. */
#include "sessionreport.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

#define BEGAN "{\"session_report\":1,"
#define ENDED "\"ended\":null}\n"

/* Each test is a process of its own: its limit is no other's. How much there is room for, and what is then said. */
static const struct {
	size_t room;
	const char *end;
} rooms[] = {
	{ 150, ENDED },
	{ 600, "],\"cut\":8}\n" },
	{ 1024, "],\"cut\":5}\n" },
};

START_TEST(half_a_report_is_cut_back)
{
	AUTO_FREE char *project = xstrdup("/p");
	AUTO_FREE char *path = xstrdup("/r.json");
	struct policy p = { .project = project, .session_report = path };
	struct sessionreport s = { .fd = memfd_create("report", MFD_CLOEXEC), .policy = &p };
	struct rlimit all, small;
	struct run_result res = { 0 };
	struct account a = { 0 };
	char text[4096] = "";
	const char *end = rooms[_i].end;
	struct diag d = { 0 };
	int fd = dup(s.fd), e, r;

	for (int i = 0; i < 10; i++)
		account_add(&a, ACCOUNT_HOST, ACCOUNT_NOTE, "subject",
			    "a text of some length that is number %d", i);
	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &all), 0);
	small = (struct rlimit){ rooms[_i].room, all.rlim_max };
	/* What says where a test is, or that it failed, is written to a file, too. */
	r = setrlimit(RLIMIT_FSIZE, &small);
	e = sessionreport_end(&s, &a, &res, &d);
	r |= setrlimit(RLIMIT_FSIZE, &all);
	ck_assert_int_eq(r, 0);
	ck_assert_int_lt(e, 0);
	ck_assert_ptr_nonnull(strstr(d.msg, "/r.json is not whole"));
	ck_assert_int_gt(pread(fd, text, sizeof(text) - 1, 0), 0);
	ck_assert_int_eq(strncmp(text, BEGAN, strlen(BEGAN)), 0);
	ck_assert_uint_ge(strlen(text), strlen(end));
	ck_assert_str_eq(text + strlen(text) - strlen(end), end);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), (off_t)strlen(text));
	close(fd);
	account_done(&a);
}
END_TEST

Suite *sessionreport_suite(void)
{
	Suite *s = suite_create("sessionreport");
	TCase *t = tcase_create("sessionreport");

	tcase_add_loop_test(t, half_a_report_is_cut_back, 0, sizeof(rooms) / sizeof(*rooms));
	suite_add_tcase(s, t);
	return s;
}
