/* SPDX-License-Identifier: MIT */
/* What a launcher says of its session, and what is no launcher's word. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"
#include "session.h"
#include "unit.h"
#include "util.h"

static int told(const struct policy *p)
{
	struct conf c = { .yolo = true };
	struct diag d = { 0 };
	int fd = session_begin();
	AUTO_STRV struct strv held = { 0 };

	strv_add(&held, "/a=b/.git");
	c.value[CONFKEY_PROFILE].n = CONF_PROFILE_FULL;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(session_tell(fd, &c, p, (struct timespec){ 7, 8 }, &held, &d), 0);
	return fd;
}

START_TEST(what_was_told_is_read)
{
	struct policy_entry entry[] = { { .access = POLICY_WRITE,
					  .part = POLICY_PROJECT,
					  .path = (char[]){ "/tree" },
					  .is_dir = true },
					{ .access = POLICY_READ,
					  .part = POLICY_AUTORUN,
					  .path = (char[]){ "/tree/x" },
					  .is_dir = true } };
	struct policy p = { .project = (char[]){ "/a=b\n\033[31m\xff" },
			    .egress = POLICY_EGRESS_FILTERED,
			    .entry = entry,
			    .nentry = ARRAY_SIZE(entry) };
	struct session s;
	AUTO_CLOSE int fd = -1;

	strv_add(&p.command, "sh");
	strv_add(&p.command, "a secret");
	strv_add(&p.weaker, "one");
	strv_add(&p.weaker, "two=");
	strv_add(&p.openings, "three");
	fd = told(&p);
	ck_assert(session_read(fd, getuid(), &s));
	ck_assert_int_eq(s.pid, getpid());
	ck_assert_str_eq(s.project, p.project);
	ck_assert_str_eq(s.command, "sh");
	ck_assert_str_eq(s.profile, "full");
	ck_assert_str_eq(s.net, "filtered");
	ck_assert(s.yolo);
	ck_assert_uint_eq(s.weaker.n, 2);
	ck_assert_str_eq(s.weaker.v[1], "two=");
	ck_assert_uint_eq(s.openings.n, 1);
	ck_assert_str_eq(s.openings.v[0], "three");
	ck_assert(s.since.tv_sec == 7 && s.since.tv_nsec == 8);
	ck_assert_uint_eq(s.trees.n, 1);
	ck_assert_str_eq(s.trees.v[0], "/tree");
	ck_assert_uint_eq(s.held.n, 1);
	ck_assert_str_eq(s.held.v[0], "/a=b/.git");
	session_done(&s);
	strv_done(&p.command);
	strv_done(&p.weaker);
	strv_done(&p.openings);
}
END_TEST

START_TEST(nobody_can_change_it)
{
	struct policy p = { .project = (char[]){ "/p" } };
	AUTO_CLOSE int fd = told(&p);

	ck_assert_int_lt(pwrite(fd, "x", 1, 0), 0);
	ck_assert_int_lt(ftruncate(fd, 0), 0);
}
END_TEST

START_TEST(what_is_no_session_is_not_read)
{
	struct policy p = { .project = (char[]){ "/p" } };
	AUTO_CLOSE int other = told(&p), fresh = session_begin(), half = session_begin();
	AUTO_CLOSE int odd = memfd_create("x", MFD_ALLOW_SEALING), pipe = -1;
	struct session s;
	int ends[2];

	ck_assert_msg(!session_read(other, getuid() + 1, &s), "another user's");
	ck_assert_msg(!session_read(fresh, getuid(), &s), "not told yet");
	ck_assert_int_eq(write(half, "pid=1\0project=/p\0", 17), 17);
	ck_assert_msg(!session_read(half, getuid(), &s), "still being told");
	ck_assert_int_eq(write(odd, "pid=1\0project=/p\0net", 20), 20);
	ck_assert_int_eq(fcntl(odd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL),
			 0);
	ck_assert_msg(!session_read(odd, getuid(), &s), "without all that a session has");
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pipe = ends[0];
	close(ends[1]);
	ck_assert_msg(!session_read(pipe, getuid(), &s), "a pipe");
}
END_TEST

Suite *session_suite(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session");

	tcase_add_test(t, what_was_told_is_read);
	tcase_add_test(t, nobody_can_change_it);
	tcase_add_test(t, what_is_no_session_is_not_read);
	suite_add_tcase(s, t);
	return s;
}
