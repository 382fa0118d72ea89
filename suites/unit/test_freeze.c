/* SPDX-License-Identifier: MIT */
/* What is asked of a box that can't be stopped; how one is: suites/e2e/hostsaves. */
#include "freeze.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

static pid_t sleeper(int *pidfd)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	*pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ck_assert_int_ge(*pidfd, 0);
	return pid;
}

START_TEST(a_box_whose_init_ended_has_ended)
{
	AUTO_CLOSE int init = -1;
	pid_t pid = sleeper(&init);

	kill(pid, SIGKILL);
	ck_assert(freeze_met_end(init, -EPIPE));
	waitpid(pid, NULL, 0);
	ck_assert(freeze_met_end(init, -ECANCELED));
}
END_TEST

/* The test's deadline is shorter than what would be waited for. */
START_TEST(who_was_told_to_end_waits_for_no_box)
{
	AUTO_CLOSE int init = -1;
	pid_t pid = sleeper(&init);

	ck_assert(!freeze_met_end(init, -ECANCELED));
	ck_assert(!freeze_met_end(-1, -EPIPE));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

Suite *freeze_suite(void)
{
	Suite *s = suite_create("freeze");
	TCase *t = tcase_create("freeze");

	tcase_set_timeout(t, 4);
	tcase_add_test(t, a_box_whose_init_ended_has_ended);
	tcase_add_test(t, who_was_told_to_end_waits_for_no_box);
	suite_add_tcase(s, t);
	return s;
}
