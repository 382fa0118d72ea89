/* SPDX-License-Identifier: MIT */
/*
 * No thread: a stop is of all threads. What belongs to a thread (errno, the caches of malloc) is ours there, too; so between
 * its start and its end we make no call but those that fail for no reason.
 */
#include "standin.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

#define STACK (8u << 20) /* as a process has by default */
#define GUARD 65536	 /* a page, of whatever size */

static int stand_in(void *arg)
{
	const struct standin *s = arg;

	/* Not of our process group: what stops all of that stops us alone. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != s->parent || setpgid(0, 0) < 0)
		_exit(1);
	s->run(s->arg, s->over);
	_exit(0);
}

static void release(struct standin *s)
{
	if (s->stack != NULL)
		munmap(s->stack, STACK);
	mem_close_fd(&s->over);
	*s = (struct standin){ .over = -1 };
}

int standin_start(void (*run)(void *arg, int over), void *arg, struct standin *ret)
{
	sigset_t all, old;
	void *stack;
	int e;

	*ret = (struct standin){ .run = run, .arg = arg, .parent = getpid() };
	ret->over = eventfd(0, EFD_CLOEXEC);
	e = ret->over < 0 ? -errno : 0;
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		e = e < 0 ? e : -errno;
	else
		ret->stack = stack;
	if (e == 0 && mprotect(stack, GUARD, PROT_NONE) < 0)
		e = -errno;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	if (e == 0) {
		ret->pid = clone(stand_in, ret->stack + STACK, CLONE_VM | CLONE_FILES | SIGCHLD, ret);
		e = ret->pid < 0 ? -errno : 0;
	}
	/* Whoever of the two comes first. */
	if (e == 0)
		setpgid(ret->pid, ret->pid);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (e < 0)
		release(ret);
	return e;
}

/* Whom a signal tells to end waits less long for others: told_to_end() of freeze.c, which is asked there. */
static void pass_pending(pid_t pid)
{
	static const int all[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	sigset_t set;

	sigpending(&set);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (sigismember(&set, all[i]) == 1)
			kill(pid, all[i]);
}

int standin_end(struct standin *s)
{
	const uint64_t one = 1;
	int st = -1; /* unless it is heard of */

	pass_pending(s->pid);
	if (write(s->over, &one, sizeof(one)) != sizeof(one))
		kill(s->pid, SIGKILL);
	while (waitpid(s->pid, &st, 0) < 0)
		if (errno != EINTR)
			break;
	release(s);
	return st == 0 ? 0 : -ECHILD;
}
