/* SPDX-License-Identifier: MIT */
#include "limitrun.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "keeper.h"
#include "mem.h"
#include "util.h"

int limitrun_open(const struct plan *plan, const struct policy *policy, struct limitrun *l, struct diag *d)
{
	int sv[2];

	l->plan = plan;
	l->policy = policy;
	if (plan_find(plan, PLAN_LIMIT, NULL) == NULL)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return diag_errno(d, -errno, "socketpair");
	l->warden = fork();
	if (l->warden == 0)
		cgroup_warden(sv[1]);
	close(sv[1]);
	l->sock = sv[0];
	if (l->warden < 0)
		return diag_errno(d, -errno, "fork");
	l->warden_fd = (int)syscall(SYS_pidfd_open, l->warden, 0);
	return l->warden_fd < 0 ? diag_errno(d, -errno, "pidfd_open") : 0;
}

/* Asks, and waits for the answer. */
static int ask(struct limitrun *l, const struct cgroup_ask *q, struct cgroup_answer *a, int *dir,
	       struct diag *d)
{
	struct iovec iov = { a, sizeof(*a) };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf)
	};
	struct pollfd p = { l->sock, POLLIN, 0 };
	struct cmsghdr *c;
	int n;

	if (send(l->sock, q, sizeof(*q), MSG_NOSIGNAL) != sizeof(*q))
		return diag_errno(d, -errno, "the control group of the box");
	while ((n = poll(&p, 1, KEEPER_HANDSHAKE_MS)) < 0 && errno == EINTR)
		;
	if (n == 0)
		return diag_set(d, -ETIMEDOUT, "the control group of the box was not ready within %d s",
				KEEPER_HANDSHAKE_MS / 1000);
	if (n < 0 || recvmsg(l->sock, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != sizeof(*a))
		return diag_set(d, -ECHILD, "the process that makes the control group of the box has ended");
	c = CMSG_FIRSTHDR(&m);
	if (dir != NULL && c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(dir, CMSG_DATA(c), sizeof(*dir));
	return 0;
}

static uint64_t count(int fd, const char *name)
{
	char text[1024];
	ssize_t n = fd >= 0 ? pread(fd, text, sizeof(text) - 1, 0) : -1;

	if (n < 0)
		return 0;
	text[n] = '\0';
	return cgroup_number(text, name);
}

static void forget(struct limitrun *l)
{
	mem_close_fd(&l->dir);
	mem_close_fd(&l->memory);
	mem_close_fd(&l->tasks);
}

/* "memory (--limit), tasks (c.json:3:4)" */
static void name_limits(const struct plan *p, char *buf, size_t n)
{
	size_t len = 0;

	*buf = '\0';
	for (size_t i = 0; i < p->n && len < n; i++)
		if (p->op[i].type == PLAN_LIMIT)
			len += (size_t)snprintf(buf + len, n - len, "%s%s (%.90s)", len > 0 ? ", " : "",
						p->op[i].dst, p->op[i].src);
}

bool limitrun_asked(const struct limitrun *l)
{
	return l->sock >= 0;
}

int limitrun_enter(struct limitrun *l, pid_t pid, struct diag *d)
{
	struct cgroup_ask q = { .what = CGROUP_ENTER, .pid = pid };
	struct cgroup_answer a = { 0 };
	char names[400];
	int e;

	if (!limitrun_asked(l))
		return 0;
	forget(l);
	for (enum limit_id id = 0; id < LIMITS; id++) {
		const struct plan_op *op = plan_find(l->plan, PLAN_LIMIT, limitset_row(id)->name);

		q.n[id] = op != NULL ? (uint64_t)op->number : 0;
	}
	e = ask(l, &q, &a, &l->dir, d);
	if (e < 0)
		return e;
	if (a.error == 0 && l->dir < 0)
		return diag_set(d, -EPROTO, "the control group of the box was not handed over");
	if (a.error < 0) {
		name_limits(l->plan, names, sizeof(names));
		a.msg[sizeof(a.msg) - 1] = a.try[sizeof(a.try) - 1] = '\0';
		diag_set(d, a.error, "can't limit %s: %s", names, a.msg);
		diag_try(d, "%s", a.try);
		return a.error;
	}
	l->memory = openat(l->dir, "memory.events", O_RDONLY | O_CLOEXEC);
	l->tasks = openat(l->dir, "pids.events", O_RDONLY | O_CLOEXEC);
	return 0;
}

int limitrun_holds(struct limitrun *l, pid_t pid, char missed[16], struct diag *d)
{
	struct cgroup_ask q = { .what = CGROUP_CHECK, .pid = pid };
	struct cgroup_answer a = { 0 };
	const char *any = NULL;
	int e;

	for (enum limit_id id = 0; id < LIMITS; id++) {
		if (limitset_row(id)->file == NULL || l->policy->limit[id].n == 0)
			continue;
		q.n[id] = l->policy->limit[id].n;
		any = limitset_row(id)->name;
	}
	if (any == NULL)
		return 1;
	if (l->sock < 0) {
		snprintf(missed, 16, "%s", any);
		return 0;
	}
	e = ask(l, &q, &a, NULL, d);
	if (e < 0)
		return e;
	snprintf(missed, 16, "%.15s", a.missed);
	return a.error == 0;
}

/* --- what was hit */

/* "peak 64M" of a limit's file, where the kernel tells it: Linux 5.19, and 6.8 for tasks. */
static void put_peak(const struct limitrun *l, enum limit_id id, const char *file, char *buf, size_t n)
{
	AUTO_CLOSE int fd = l->dir >= 0 ? openat(l->dir, file, O_RDONLY | O_CLOEXEC) : -1;
	char number[64], text[LIMIT_TEXT];
	ssize_t got = fd >= 0 ? read(fd, number, sizeof(number) - 1) : -1;
	uint64_t peak;

	*buf = '\0';
	if (got <= 0)
		return;
	number[got] = '\0';
	peak = strtoull(number, NULL, 10);
	/* In whole MiB: nobody reads pages. */
	if (limitset_row(id)->unit == LIMIT_BYTES)
		peak = (peak + (1 << 20) - 1) >> 20 << 20;
	snprintf(buf, n, ", peak %s", limitset_text(id, peak, text));
}

static void look(struct limitrun *l)
{
	l->killed = count(l->memory, "oom_kill");
	l->own = count(l->memory, "oom") > 0;
	l->refused = count(l->tasks, "max");
}

/* What hit the limit so far; at once: it is not the end yet. */
static void say(const struct limitrun *l, enum limit_id id, const char *file, uint64_t n, const char *what,
		struct account *a, bool at_once)
{
	const struct conf_limit *limit = &l->policy->limit[id];
	const char *name = limitset_row(id)->name;
	char peak[48], text[LIMIT_TEXT];

	if (n == 0 || limit->n == 0)
		return;
	put_peak(l, id, file, peak, sizeof(peak));
	limitset_text(id, limit->n, text);
	if (at_once)
		account_tell(a, ACCOUNT_LIMIT, ACCOUNT_SECURITY, name, "limit %s=%s (%s) was reached%s: %s",
			     name, text, limit->origin, peak, what);
	else
		account_add(a, ACCOUNT_LIMIT, ACCOUNT_SECURITY, name,
			    "limit %s=%s (%s) was reached%s: %s, %" PRIu64 " in all", name, text,
			    limit->origin, peak, what, n);
}

/* Killed for a group above ours, or for the machine: the kernel counts that for our group, too. */
static void say_others(const struct limitrun *l, struct account *a, bool at_once)
{
	static const char whose[] =
	    "the machine, or a control group above the box's, had no memory left: processes "
	    "inside are killed for it";

	if (l->killed == 0)
		return;
	if (at_once)
		account_tell(a, ACCOUNT_LIMIT, ACCOUNT_SECURITY, "memory", "%s", whose);
	else
		account_add(a, ACCOUNT_LIMIT, ACCOUNT_SECURITY, "memory", "%s, %" PRIu64 " in all", whose,
			    l->killed);
}

static void say_all(struct limitrun *l, struct account *a, bool at_once)
{
	uint64_t all = l->killed + l->refused;

	/* What is told at once is told once. */
	if (all == l->told || (at_once && l->told > 0))
		return;
	l->told = all;
	if (l->own)
		say(l, LIMIT_MEMORY, "memory.peak", l->killed, "processes inside are killed for it", a,
		    at_once);
	else
		say_others(l, a, at_once);
	say(l, LIMIT_TASKS, "pids.peak", l->refused, "no process or thread more is started", a, at_once);
}

/* The first is told at once, if the terminal is not the command's; how many there were, at the end. */
static void on_event(void *arg, short events)
{
	struct limitrun *l = arg;

	(void)events;
	look(l);
	if (!l->later)
		say_all(l, l->account, true);
}

void limitrun_add(struct limitrun *l, struct loop *loop, struct account *a)
{
	l->account = a;
	l->row[0] = loop_add(loop, on_event, l);
	l->row[1] = loop_add(loop, on_event, l);
}

void limitrun_watch(struct limitrun *l, struct loop *loop)
{
	loop_watch(loop, l->row[0], l->memory, POLLPRI);
	loop_watch(loop, l->row[1], l->tasks, POLLPRI);
}

void limitrun_say(struct limitrun *l, int sig, int exit_code, const char *beyond, struct account *a)
{
	const struct conf_limit *disk;
	char text[LIMIT_TEXT];

	/* The launch did not come so far. */
	if (l->policy == NULL)
		return;
	disk = &l->policy->limit[LIMIT_DISK];
	look(l);
	say_all(l, a, false);
	if (disk->n > 0 && (sig == SIGXFSZ || exit_code == 128 + SIGXFSZ))
		account_add(a, ACCOUNT_LIMIT, ACCOUNT_SECURITY, "disk",
			    "limit disk=%s (%s) was reached: a file would have grown beyond it, which ended "
			    "the command",
			    limitset_text(LIMIT_DISK, disk->n, text), disk->origin);
	/* It is the launch's error as well, which is printed. */
	if (beyond != NULL)
		account_add(a, ACCOUNT_LIMIT, ACCOUNT_SECURITY, "disk",
			    "limit disk=%s (%s) was reached: standard %s would have grown beyond it, and "
			    "what more was written there is lost",
			    limitset_text(LIMIT_DISK, disk->n, text), disk->origin, beyond)
		    ->said = true;
}

void limitrun_done(struct limitrun *l, struct account *a)
{
	struct pollfd p = { l->warden_fd, POLLIN, 0 };
	int st;

	forget(l);
	mem_close_fd(&l->sock);
	if (l->warden <= 0)
		return;
	if (l->warden_fd >= 0 && poll(&p, 1, KEEPER_HANDSHAKE_MS) == 0)
		account_add(a, ACCOUNT_WEAKER, ACCOUNT_NOTE, NULL,
			    "the control group of the box is not removed yet: something in it does not end");
	else
		waitpid(l->warden, &st, 0);
	l->warden = 0;
	mem_close_fd(&l->warden_fd);
}
