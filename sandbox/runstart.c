/* SPDX-License-Identifier: MIT */
/* What bwrap is started with, and its start. */
#include "runstate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper.h"
#include "mem.h"
#include "util.h"

#define EXIT_OURS 125

/* Of a run that begins before its plan: */
#define BEGUN_FILES 24		/* generated files in bwrap's part of a plan; some ten are usual */
#define BEGUN_LIMIT 256		/* with fewer open files allowed, none is opened that may not be needed */
#define NO_PLAN	    "--no-plan" /* bwrap's options until then: it knows no such one, and ends */

int run_open_status(struct run *r, struct diag *d)
{
	void *p;

	r->status_fd = memfd_create("claude-sandbox-status", MFD_CLOEXEC);
	if (r->status_fd < 0 || ftruncate(r->status_fd, sizeof(*r->status)) < 0)
		return diag_errno(d, -errno, "memfd_create");
	p = mmap(NULL, sizeof(*r->status), PROT_READ, MAP_SHARED, r->status_fd, 0);
	if (p == MAP_FAILED)
		return diag_errno(d, -errno, "mmap");
	r->status = p;
	return 0;
}

int run_open_args(struct run *r, struct diag *d)
{
	size_t done = 0;
	int e = bwrap_render(r->plan, r->stage.staged, r->stage.n, &r->args, d);

	if (e < 0)
		return e;
	if (!r->begun)
		r->args_fd = memfd_create("claude-sandbox-args", MFD_CLOEXEC);
	if (r->args_fd < 0)
		return diag_errno(d, -errno, "memfd_create");
	/* Not by write(2): bwrap has the same offset. */
	while (done < r->args.len) {
		ssize_t w = pwrite(r->args_fd, r->args.bytes + done, r->args.len - done, (off_t)done);

		if (w < 0)
			return diag_errno(d, -errno, "writing bwrap's options");
		done += (size_t)w;
	}
	/* Those that were there before may be more. */
	return ftruncate(r->args_fd, (off_t)r->args.len) < 0
		   ? diag_errno(d, -errno, "writing bwrap's options")
		   : 0;
}

int run_open_channels(struct run *r, struct diag *d)
{
	int sv[2], p[2], one = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return diag_errno(d, -errno, "socketpair");
	r->sock = sv[0];
	r->sock_inside = sv[1];
	if (setsockopt(r->sock, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0)
		return diag_errno(d, -errno, "SO_PASSCRED");
	if (pipe2(p, O_CLOEXEC) < 0)
		return diag_errno(d, -errno, "pipe2");
	r->words = p[0];
	r->words_inside = p[1];
	return 0;
}

static sigset_t but_faults(void)
{
	sigset_t all;

	sigfillset(&all);
	/* Without a handler these would be lost or loop: they are faults of our own. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGABRT);
	return all;
}

int run_open_signals(struct run *r, struct diag *d)
{
	sigset_t all = but_faults();

	sigprocmask(SIG_BLOCK, &all, NULL);
	r->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? diag_errno(d, -errno, "signalfd") : 0;
}

/* What would fail between fork and exec, where there is nobody to say why. */
static int enough_descriptors(const struct run *r, struct diag *d)
{
	int high = fcntl(r->args_fd, F_DUPFD_CLOEXEC, BWRAP_FIRST_FD + (int)r->args.made + 24);

	if (high < 0)
		return diag_errno(d, -EMFILE, "starting bwrap");
	close(high);
	return 0;
}

static void start_keeper(struct run *r, int leash) __attribute__((noreturn));
static void start_keeper(struct run *r, int leash)
{
	struct keeper k = { .bwrap = r->bwrap,
			    .wrong = r->opts != NULL ? r->opts->wrong : NULL,
			    .args = &r->args,
			    .args_fd = r->args_fd,
			    .words = r->words_inside,
			    .sock = r->sock_inside,
			    .record = r->record_fd,
			    .status = r->status_fd,
			    .stdio = r->relay.inside,
			    .gate = r->gate_inside,
			    .close_fds = r->plan == NULL || plan_find(r->plan, PLAN_CLOSE_FDS, NULL) != NULL,
			    .terminal = &r->terminal };
	char go;

	/* What it starts has its limits by then. Without any it does not wait: the other processor starts bwrap meanwhile. */
	if (limitrun_asked(&r->limits) && read(leash, &go, 1) != 1)
		_exit(EXIT_OURS);
	keeper_run(&k, leash);
}

static int fork_keeper(struct run *r, struct diag *d)
{
	int leash[2], e = enough_descriptors(r, d);

	if (e < 0)
		return e;
	if (pipe2(leash, O_CLOEXEC) < 0)
		return diag_errno(d, -errno, "pipe2");
	r->leash = leash[1];
	r->keeper = fork();
	if (r->keeper == 0) {
		close(leash[1]);
		start_keeper(r, leash[0]);
	}
	e = errno;
	close(leash[0]);
	if (r->keeper < 0)
		return diag_errno(d, -e, "fork");
	r->keeper_fd = run_pidfd_of(r->keeper);
	if (r->keeper_fd < 0)
		return diag_errno(d, -errno, "pidfd_open%s", errno == ENOSYS ? " (Linux 5.3 has it)" : "");
	return 0;
}

static void close_inside(struct run *r)
{
	mem_close_fd(&r->sock_inside);
	mem_close_fd(&r->words_inside);
	mem_close_fd(&r->gate_inside);
}

int run_start_bwrap(struct run *r, struct diag *d)
{
	int e;

	clock_gettime(CLOCK_REALTIME_COARSE, &r->start);
	r->bwrap = r->policy->bwrap;
	e = fork_keeper(r, d);
	if (e < 0)
		return e;
	/* It starts nothing before it is told that its limits hold. */
	e = limitrun_enter(&r->limits, r->keeper, d);
	if (e < 0)
		return e;
	if (limitrun_asked(&r->limits) && write(r->leash, "g", 1) != 1)
		return diag_errno(d, -errno, "starting bwrap");
	close_inside(r);
	return 0;
}

int run_open_stdio(struct run *r, const int stdio[3], bool own_terminal, bool enabled, struct diag *d)
{
	int e = own_terminal ? terminal_open(&r->terminal, stdio, d) : 0;

	return e < 0 ? e : relay_open(&r->relay, stdio, enabled, r->terminal.mask, !own_terminal, d);
}

/* --- before there is a plan */

static int open_gate(struct run *r, struct diag *d)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return diag_errno(d, -errno, "pipe2");
	r->gate_inside = p[0];
	r->gate = p[1];
	r->args_fd = memfd_create("claude-sandbox-args", MFD_CLOEXEC);
	if (r->args_fd < 0 || pwrite(r->args_fd, NO_PLAN, sizeof(NO_PLAN), 0) != sizeof(NO_PLAN))
		return diag_errno(d, -errno, "memfd_create");
	return 0;
}

static int begin(struct run *r, const int stdio[3], struct diag *d)
{
	sigset_t all = but_faults(), old;
	int e = run_open_stdio(r, stdio, r->own_terminal, true, d);

	if (e == 0) {
		e = r->record_fd = recordmake_open(d);
		e = e < 0 ? e : 0;
	}
	if (e == 0)
		e = run_open_status(r, d);
	if (e == 0)
		e = run_open_channels(r, d);
	if (e == 0)
		e = open_gate(r, d);
	if (e == 0)
		e = bwrap_make_files(&r->args, BEGUN_FILES, d);
	if (e < 0)
		return e;
	/* bwrap's mask; ours is as the caller set it, until there is somebody to pass a signal to. */
	sigprocmask(SIG_BLOCK, &all, &old);
	e = fork_keeper(r, d);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close_inside(r);
	return e;
}

struct run *run_begin(const char *bwrap, const int stdio[3], bool own_terminal)
{
	struct run *r;
	struct rlimit files;
	struct diag d = { 0 };

	/* What root starts has another identity, and other mounts, by the time that it starts bwrap. */
	if (geteuid() == 0 || getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur < BEGUN_LIMIT)
		return NULL;
	r = run_new();
	r->begun = true;
	r->bwrap = r->own_bwrap = xstrdup(bwrap);
	r->own_terminal = own_terminal;
	if (begin(r, stdio, &d) == 0)
		return r;
	/* What failed is met again where it can be said. */
	run_give_up(r);
	return NULL;
}

bool run_fits(const struct run *r, const struct plan *plan, const struct policy *policy,
	      const struct run_opts *opts)
{
	return r != NULL && streq(r->bwrap, policy->bwrap) && policy->identity == POLICY_SELF &&
	       opts->wrong == NULL && plan_find(plan, PLAN_CLOSE_FDS, NULL) != NULL &&
	       plan_find(plan, PLAN_RELAY_STDIO, NULL) != NULL &&
	       (plan_find(plan, PLAN_OWN_TERMINAL, NULL) != NULL) == r->own_terminal &&
	       plan_find(plan, PLAN_LIMIT, NULL) == NULL && bwrap_count_files(plan) <= r->args.made;
}

int run_let_bwrap_go(struct run *r, struct diag *d)
{
	clock_gettime(CLOCK_REALTIME_COARSE, &r->start);
	r->begun = false;
	/* A keeper that has ended is what the hand-shake hears of, with bwrap's words. */
	if (write(r->leash, "g", 1) != 1 && errno != EPIPE)
		return diag_errno(d, -errno, "starting bwrap");
	mem_close_fd(&r->gate);
	return 0;
}
