/* SPDX-License-Identifier: MIT */
#include "standin.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

#define LONG_MS 60000

struct words {
	int in[2]; /* of a pipe; who stands in answers there what it hears */
	int out[2];
};

static void open_words(struct words *w)
{
	ck_assert_int_eq(pipe(w->in), 0);
	ck_assert_int_eq(pipe(w->out), 0);
}

static void answer(void *arg, int over)
{
	struct words *w = arg;
	struct pollfd p[] = { { over, POLLIN, 0 }, { w->in[0], POLLIN, 0 } };
	char c;

	while (poll(p, 2, -1) > 0 && p[0].revents == 0)
		if (read(w->in[0], &c, 1) != 1 || write(w->out[1], &c, 1) != 1)
			return;
}

static char asked(const struct words *w, char c)
{
	struct pollfd p = { w->out[0], POLLIN, 0 };

	ck_assert_int_eq(write(w->in[1], &c, 1), 1);
	ck_assert_int_eq(poll(&p, 1, LONG_MS), 1);
	ck_assert_int_eq(read(w->out[0], &c, 1), 1);
	return c;
}

/* In a process that is stopped, or killed, by who tests; its exit code is that of standin_end(). */
static pid_t with_standin(struct words *w, int with)
{
	pid_t pid = fork();
	struct standin s;

	if (pid > 0)
		return pid;
	close(w->out[0]);
	close(w->in[1]);
	if (standin_start(answer, w, &s) < 0)
		_exit(99);
	if (with != 0)
		kill(s.pid, with);
	raise(SIGSTOP);
	_exit(-standin_end(&s));
}

static void until_stopped(pid_t pid)
{
	int st;

	ck_assert_int_eq(waitpid(pid, &st, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(st));
}

static int go_on(pid_t pid)
{
	int st;

	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert(WIFEXITED(st));
	return WEXITSTATUS(st);
}

START_TEST(it_goes_on_while_we_are_stopped)
{
	struct words w;
	pid_t pid;

	open_words(&w);
	pid = with_standin(&w, 0);
	until_stopped(pid);
	ck_assert_int_eq(asked(&w, 'a'), 'a');
	ck_assert_int_eq(go_on(pid), 0);
}
END_TEST

START_TEST(no_signal_but_a_kill_ends_it)
{
	struct words w;
	pid_t pid;

	open_words(&w);
	pid = with_standin(&w, SIGTERM);
	until_stopped(pid);
	ck_assert_int_eq(asked(&w, 'a'), 'a');
	ck_assert_int_eq(go_on(pid), 0);
}
END_TEST

START_TEST(that_it_was_ended_is_known)
{
	struct words w;
	pid_t pid;

	open_words(&w);
	pid = with_standin(&w, SIGKILL);
	until_stopped(pid);
	ck_assert_int_eq(go_on(pid), ECHILD);
}
END_TEST

/* With SIGCHLD ignored the kernel reaps it, and what it ended with is lost. */
START_TEST(what_is_not_heard_of_is_no_good_end)
{
	struct words w;
	struct standin s;

	open_words(&w);
	signal(SIGCHLD, SIG_IGN);
	ck_assert_int_eq(standin_start(answer, &w, &s), 0);
	kill(s.pid, SIGKILL);
	ck_assert_int_eq(standin_end(&s), -ECHILD);
}
END_TEST

START_TEST(it_ends_with_us)
{
	struct words w;
	struct pollfd p;
	pid_t pid;

	open_words(&w);
	pid = with_standin(&w, 0);
	until_stopped(pid);
	close(w.out[1]);
	close(w.in[0]);
	ck_assert_int_eq(asked(&w, 'a'), 'a');
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	/* The last who could write there is gone. */
	p = (struct pollfd){ w.out[0], POLLIN, 0 };
	ck_assert_int_eq(poll(&p, 1, LONG_MS), 1);
	ck_assert_int_eq(p.revents, POLLHUP);
}
END_TEST

static void wait_for_signal(void *arg, int over)
{
	struct pollfd p = { over, POLLIN, 0 };
	sigset_t set;

	poll(&p, 1, -1);
	sigpending(&set);
	*(int *)arg = sigismember(&set, SIGTERM);
}

START_TEST(who_is_told_to_end_passes_it_on)
{
	struct standin s;
	sigset_t term;
	int got = -1;

	ck_assert_int_eq(standin_start(wait_for_signal, &got, &s), 0);
	ck_assert_int_eq(standin_end(&s), 0);
	ck_assert_int_eq(got, 0);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	raise(SIGTERM);
	ck_assert_int_eq(standin_start(wait_for_signal, &got, &s), 0);
	ck_assert_int_eq(standin_end(&s), 0);
	ck_assert_int_eq(got, 1);
}
END_TEST

Suite *standin_suite(void)
{
	Suite *s = suite_create("standin");
	TCase *t = tcase_create("standin");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, it_goes_on_while_we_are_stopped);
	tcase_add_test(t, no_signal_but_a_kill_ends_it);
	tcase_add_test(t, that_it_was_ended_is_known);
	tcase_add_test(t, what_is_not_heard_of_is_no_good_end);
	tcase_add_test(t, it_ends_with_us);
	tcase_add_test(t, who_is_told_to_end_passes_it_on);
	suite_add_tcase(s, t);
	return s;
}
