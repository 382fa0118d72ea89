/* SPDX-License-Identifier: MIT */
/*
 * Which system calls get past every filter in force, without making one of them.
 *
 * DOC: a child puts a filter of its own on top, which hands marked calls to a
 * listener, and its parent answers each with an errno of its own. The kernel
 * runs all filters of a process for each call, and an errno of an older one is
 * stronger than the listener: what arrives there is a call that the sandbox
 * lets through, what does not was refused by the sandbox' filter. The kernel
 * does not get to the call itself. So this tells the filter from capabilities,
 * from sysctls and from calls that were never built in, and reboot is as
 * harmless to try as getpid.
 */
#ifndef PAST_H
#define PAST_H

#include "probe.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAST_MARK   0x5afe0ca1 /* sixth argument of the calls that go to the listener; no rule looks at it */
#define PAST_ANSWER EXFULL     /* what neither a filter nor a kernel says */
#define PAST_KILLED ECHILD     /* the filter ended the process, which refuses the call too */

struct past_call {
	long nr;
	bool i386; /* through int 0x80 */
	long arg[5];
	int err; /* positive errno; 0: success, which a filter pretends, since nobody makes the call */
};

struct past {
	volatile size_t next; /* the call that is being tried */
	volatile int listener, failed, ready;
	volatile bool works;
	size_t n;
	struct past_call call[];
};

#define PAST_MAX 4096

#ifdef __x86_64__
static inline long past_int80(long nr, const long a[5])
{
	long r;

	/* The sixth argument is in ebp; below the stack pointer the compiler may have put something. */
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "push %%rbp\n\t"
			 "mov %[mark], %%ebp\n\t"
			 "int $0x80\n\t"
			 "pop %%rbp\n\t"
			 "lea 128(%%rsp), %%rsp"
			 : "=a"(r)
			 : "a"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]),
			   "D"(a[4]), [mark] "i"(PAST_MARK)
			 : "r8", "r9", "r10", "r11", "memory", "cc");
	return (int)r;
}
#endif

static inline long past_call(const struct past_call *c)
{
#ifdef __x86_64__
	if (c->i386)
		return past_int80(c->nr, c->arg);
#endif
	return probe_sys(c->nr, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4], (long)PAST_MARK);
}

/* The child: its own filter, then every call that is left. */
static inline void past_child(struct past *p)
{
	struct sock_filter insn[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 5 * sizeof(__u64)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PAST_MARK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(insn) / sizeof(insn[0]), insn };
	struct past_call self = { .nr = SYS_getpid };
	long fd;

	probe_sys(SYS_prctl, (long)PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	fd = probe_sys(SYS_seccomp, (long)SECCOMP_SET_MODE_FILTER, (long)SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &prog, 0L, 0L, 0L);
	p->failed = fd < 0 ? (int)-fd : 0;
	p->listener = (int)fd;
	p->ready = 1;
	if (fd < 0)
		return;
	/* A call that everybody may make must arrive, else the rest would mean nothing. */
	p->works = past_call(&self) == -PAST_ANSWER;
	for (; p->works && p->next < p->n; p->next++) {
		struct past_call *c = &p->call[p->next];
		long r;

		c->err = PAST_KILLED;
		r = past_call(c);
		c->err = r < 0 && r >= -4095 ? (int)-r : 0;
	}
}

/* One call that arrived: an errno is all that it gets. */
static inline void past_answer(int fd)
{
	struct seccomp_notif in;
	struct seccomp_notif_resp out = { .error = -PAST_ANSWER };

	memset(&in, 0, sizeof(in));
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &in) < 0)
		return;
	out.id = in.id;
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &out);
}

/* Answers until the child ends; its status. */
static inline int past_serve(struct past *p, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		struct pollfd fd = { .fd = p->ready && p->listener > 0 ? p->listener : -1, .events = POLLIN };

		if (poll(&fd, 1, fd.fd < 0 ? 1 : 20) > 0 && (fd.revents & POLLIN) != 0)
			past_answer(fd.fd);
		else if ((fd.revents & (POLLHUP | POLLERR)) != 0)
			poll(NULL, 0, 1);
	}
	if (p->ready && p->listener > 0)
		close(p->listener);
	return status;
}

static inline struct past *past_new(void)
{
	struct past *p = mmap(NULL, sizeof(*p) + (PAST_MAX + 1) * sizeof(p->call[0]), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

static inline struct past_call *past_add(struct past *p, long nr, bool i386)
{
	struct past_call *c = &p->call[p->n++];

	if (p->n > PAST_MAX)
		abort();
	/* Harmless even if it were made: no object, no address. */
	*c = (struct past_call){ .nr = nr, .i386 = i386, .arg = { -1, 1, 1, -1, 1 } };
	return c;
}

/* Tries all of them. False with *ret filled where it can't be told. */
static inline bool past_run(struct past *p, struct probe_result *ret)
{
	while (p->next < p->n) {
		int status;
		pid_t pid;

		p->ready = 0;
		p->works = false;
		/* The child's listener must be ours too. */
		pid = (pid_t)probe_sys(SYS_clone, (long)(CLONE_FILES | SIGCHLD), 0L, 0L, 0L, 0L, 0L);
		if (pid == 0) {
			past_child(p);
			_exit(0);
		}
		if (pid < 0) {
			*ret = probe_unknown((int)-pid, "clone", "no child");
			return false;
		}
		status = past_serve(p, pid);
		if (p->ready && p->failed != 0) {
			*ret =
			    p->failed == EBUSY
				? probe_na("system calls have a listener already: the launcher's "
					   "(denial_log, blocked_commands), or that of a container around it")
				: probe_na("this host lets no process have a listener for its own "
					   "system calls (%s)",
					   probe_errno_name(p->failed));
			return false;
		}
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && p->works && p->call[p->next].i386) {
			*ret = probe_na("this kernel has no 32-bit entry");
			return false;
		}
		if (!p->works || (WIFSIGNALED(status) && WTERMSIG(status) != SIGSYS)) {
			*ret = probe_unknown(0, "listener", "%s",
					     p->works ? "the child was ended" : "getpid did not arrive");
			return false;
		}
		if (WIFSIGNALED(status))
			p->next++; /* the one that ended the child is not tried again */
	}
	return true;
}

/* A name for past_tell: the number, without the bit of x32. */
static inline void past_number(const struct past_call *c, size_t at, char out[40])
{
	(void)at;
	snprintf(out, 40, "%ld", c->nr & 0xfff);
}

/* The observation: which of them got past, named by `name`; `what` names the whole. */
static inline struct probe_result past_tell(const struct past *p, const char *what,
					    void (*name)(const struct past_call *c, size_t at, char out[40]))
{
	char got[200] = "", word[40];
	bool more = false;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (p->call[i].err != PAST_ANSWER)
			continue;
		n++;
		name(&p->call[i], i, word);
		if (more)
			continue;
		more = strlen(got) + strlen(word) + 6 > sizeof(got);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s", more ? "..." : word);
	}
	if (n > 0)
		return probe_allowed("filter", "%zu of %zu get past the filter:%s", n, p->n, got);
	return probe_denied(0, "filter", "none of %zu %s gets past the filter", p->n, what);
}

#endif
