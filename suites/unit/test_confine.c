/* SPDX-License-Identifier: MIT */
/* What the relay can still do: each act with its twin, which succeeds before. */
#include "egress/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "util.h"

static bool act_open(void)
{
	return open("/proc/self/status", O_RDONLY) >= 0;
}
static bool act_open_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}
static bool act_create(void)
{
	return memfd_create("x", 0) >= 0;
}
static bool act_exec(void)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "exit 20" }, NULL };

	/* Comes back only when it is refused. */
	execve("/bin/sh", argv, NULL);
	return false;
}
static bool act_fork(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid > 0;
}
static bool act_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}
static bool act_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}
static bool act_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}
static bool act_kill(void)
{
	return kill(getpid(), 0) == 0;
}
static bool act_signal(void)
{
	return signal(SIGUSR1, SIG_IGN) != SIG_ERR;
}
static bool act_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}
static bool act_map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static bool act_dup(void)
{
	return dup(0) >= 0;
}
static bool act_prctl(void)
{
	return syscall(SYS_prctl, 3 /* PR_GET_DUMPABLE */, 0, 0, 0, 0) >= 0;
}

/* These are what is left. */
static bool act_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 && socket(AF_INET6, SOCK_DGRAM, 0) >= 0;
}
static bool act_pipe(void)
{
	int p[2];

	return pipe2(p, O_NONBLOCK) == 0 && fcntl(p[1], F_SETPIPE_SZ, 1 << 17) > 0;
}
static bool act_map(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static const struct {
	const char *name;
	bool (*act)(void);
	bool left;
} acts[] = {
	{ "open", act_open, false },
	{ "open the root", act_open_root, false },
	{ "memfd_create", act_create, false },
	{ "execve", act_exec, false },
	{ "fork", act_fork, false },
	{ "socket(AF_UNIX)", act_unix, false },
	{ "socket(AF_NETLINK)", act_netlink, false },
	{ "ptrace", act_ptrace, false },
	{ "kill", act_kill, false },
	{ "sigaction", act_signal, false },
	{ "unshare", act_namespace, false },
	{ "mmap of code", act_map_code, false },
	{ "dup", act_dup, false },
	{ "prctl", act_prctl, false },
	{ "socket(AF_INET)", act_inet, true },
	{ "pipe", act_pipe, true },
	{ "mmap", act_map, true },
};

enum { DONE = 20, REFUSED = 30, NOT_CONFINED = 40 };

/* Without what a sanitizer would do first, which is refused too. */
static void leave(int code) __attribute__((noreturn));
static void leave(int code)
{
	for (;;)
		syscall(SYS_exit_group, code);
}

/* Tries one act, in a process of its own: confined, or as it is. */
static int try_act(bool (*act)(void), bool confined)
{
	struct diag d = { 0 };
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		if (confined && confine_namespaces(&d) < 0)
			_exit(NOT_CONFINED);
		/* PID 1 of the new namespace. */
		pid = confined ? fork() : 0;
		if (pid == 0 && confined && confine_rest(0, &d) < 0)
			_exit(NOT_CONFINED);
		if (pid == 0)
			leave(act() ? DONE : REFUSED);
		while (waitpid(pid, &st, 0) < 0)
			;
		_exit(WIFEXITED(st) ? WEXITSTATUS(st) : 99);
	}
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

START_TEST(what_a_relay_needs_is_left_and_nothing_else)
{
	ck_assert_msg(try_act(acts[_i].act, false) == DONE, "%s does not work here at all", acts[_i].name);
	ck_assert_msg(try_act(acts[_i].act, true) == (acts[_i].left ? DONE : REFUSED), "%s: %d",
		      acts[_i].name, try_act(acts[_i].act, true));
}
END_TEST

START_TEST(who_waits_can_do_nothing_else)
{
	struct diag d = { 0 };
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		pid_t child;

		if (confine_namespaces(&d) < 0)
			_exit(NOT_CONFINED);
		child = fork();
		if (child == 0)
			_exit(7);
		if (confine_waiter(&d) < 0)
			_exit(NOT_CONFINED);
		if (act_open() || act_inet() || act_fork() || act_map())
			leave(50);
		while (waitpid(child, &st, 0) < 0)
			;
		leave(WEXITSTATUS(st));
	}
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert(WIFEXITED(st));
	ck_assert_int_eq(WEXITSTATUS(st), 7);
}
END_TEST

START_TEST(who_makes_sockets_can_do_nothing_else)
{
	struct diag d = { 0 };
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		if (confine_maker(&d) < 0)
			_exit(NOT_CONFINED);
		if (act_open() || act_fork() || act_map() || act_unix() || act_netlink() || act_kill() ||
		    act_dup() || syscall(SYS_recvfrom, 0, NULL, 0, 0, NULL, NULL) >= 0 || errno != EPERM ||
		    syscall(SYS_connect, 0, NULL, 0) >= 0 || errno != EPERM)
			leave(50);
		leave(act_inet() ? DONE : 51);
	}
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert(WIFEXITED(st));
	ck_assert_int_eq(WEXITSTATUS(st), DONE);
}
END_TEST

Suite *confine_suite(void)
{
	Suite *s = suite_create("confine");
	TCase *tc = tcase_create("confine");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, what_a_relay_needs_is_left_and_nothing_else, 0, (int)ARRAY_SIZE(acts));
	tcase_add_test(tc, who_waits_can_do_nothing_else);
	tcase_add_test(tc, who_makes_sockets_can_do_nothing_else);
	suite_add_tcase(s, tc);
	return s;
}
