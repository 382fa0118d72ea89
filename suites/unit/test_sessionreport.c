/* SPDX-License-Identifier: MIT */
/* The report on a full disk. */
#include "sessionreport.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "tmptree.h"
#include "unit.h"

#define BEGAN "{\"session_report\":1,"
#define ENDED "\"ended\":null}\n"

/* Each test is a process of its own: its limit is no other's. How much there is room for, and what is then said. */
static const struct {
	size_t room;
	const char *end;
} rooms[] = {
	{ 150, ENDED },
	{ 600, "],\"cut\":7}\n" },
	{ 1024, "],\"cut\":3}\n" },
	{ 1330, "],\"cut\":1}\n" },
};

static char *root, *path, *project;
static struct policy p;

static void make_place(void)
{
	root = tmptree_make();
	path = path_join(root, "r.json");
	project = xstrdup("/p");
	p = (struct policy){ .project = project, .session_report = path };
}

static void remove_place(void)
{
	free(path);
	free(project);
	tmptree_remove(root);
}

static void begin(struct sessionreport *ret)
{
	struct diag d = { 0 };

	ck_assert_msg(sessionreport_begin(&p, ret, &d) == 0, "%s", d.msg);
}

START_TEST(half_a_report_is_cut_back)
{
	struct sessionreport s;
	struct rlimit all, small;
	struct run_result res = { 0 };
	struct account a = { 0 };
	char text[4096] = "";
	const char *end = rooms[_i].end;
	struct diag d = { 0 };
	int fd, e, r;

	begin(&s);
	fd = open(path, O_RDONLY | O_CLOEXEC);
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
	ck_assert_ptr_nonnull(strstr(d.msg, "r.json is not whole"));
	ck_assert_int_gt(pread(fd, text, sizeof(text) - 1, 0), 0);
	ck_assert_int_eq(strncmp(text, BEGAN, strlen(BEGAN)), 0);
	ck_assert_uint_ge(strlen(text), strlen(end));
	ck_assert_str_eq(text + strlen(text) - strlen(end), end);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), (off_t)strlen(text));
	close(fd);
	account_done(&a);
}
END_TEST

/* Whoever reads it by its name would read what somebody else put there. */
START_TEST(another_one_under_its_name_is_said)
{
	struct sessionreport s;
	struct run_result res = { 0 };
	struct account a = { 0 };
	struct diag d = { 0 };

	begin(&s);
	ck_assert_int_eq(sessionreport_end(&s, &a, &res, &d), 0);
	begin(&s);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_lt(sessionreport_end(&s, &a, &res, &d), 0);
	ck_assert_ptr_nonnull(strstr(d.msg, "r.json was moved or replaced while the session ran"));
	begin(&s);
	ck_assert_int_eq(unlink(path), 0);
	tmptree_put(root, "r.json", "{\"forged\":true,\"facts\":[]}", 0600);
	d = (struct diag){ 0 };
	ck_assert_int_lt(sessionreport_end(&s, &a, &res, &d), 0);
	ck_assert_ptr_nonnull(strstr(d.msg, "r.json was moved or replaced while the session ran"));
	ck_assert_int_eq(s.fd, -1);
}
END_TEST

Suite *sessionreport_suite(void)
{
	Suite *s = suite_create("sessionreport");
	TCase *t = tcase_create("sessionreport");

	tcase_add_checked_fixture(t, make_place, remove_place);
	tcase_add_loop_test(t, half_a_report_is_cut_back, 0, sizeof(rooms) / sizeof(*rooms));
	tcase_add_test(t, another_one_under_its_name_is_said);
	suite_add_tcase(s, t);
	return s;
}
