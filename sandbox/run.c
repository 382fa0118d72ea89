/* SPDX-License-Identifier: MIT */
/*
 * DOC: Theory of operation.
 *
 * bwrap is executed with an empty environment, its options by --args FD, its
 * words on a pipe of ours; by a process of ours that outlives a SIGKILL of the
 * launcher (see keeper.c). init (PID 1 inside) says hello with its namespaces'
 * descriptors; we compare what bwrap mounted with the plan, make the mounts of
 * the stage "fd" and send 'm'; init applies the last layers and tries the
 * forbidden acts; we print what held and send 'g'; init starts the command and
 * closes the socket. EOF at any point means that the other side is gone: init
 * exits, and we report. A start in which the host replaced a file is made again;
 * one of which the host took a source away needs another plan (run_result.stale).
 *
 * All signals are blocked and read from a signalfd. bwrap inherits the blocked
 * mask: it must not die of a Ctrl-C that is meant for the command. init sets the
 * command's mask anew.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bwrap.h"
#include "egressrun.h"
#include "fdmount.h"
#include "git.h"
#include "keeper.h"
#include "loop.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "recordmake.h"
#include "relay.h"
#include "replaced.h"
#include "resolvconf.h"
#include "stage.h"
#include "state.h"
#include "strv.h"
#include "terminal.h"
#include "util.h"

#define EXIT_OURS 125
#define STARTS	  6	/* of bwrap, when the host replaces files meanwhile */
#define LEFT_MS	  10000 /* for bwrap, when all inside has ended */

/* Everything that a run owns. */
struct run {
	const struct plan *plan;
	const struct policy *policy;
	const struct run_opts *opts;
	struct run_result *res;

	struct recordmake_host host;
	struct relay relay;
	struct terminal terminal;
	struct stage stage;
	struct fdmount_host mounts;
	struct fdmount_helper helper;
	struct timespec start; /* of bwrap */
	struct bwrap_args args;
	struct record_status *status; /* shared page */
	int record_fd, status_fd, args_fd;
	int sock, sock_inside;	 /* the hand-shake */
	int words, words_inside; /* bwrap's stderr */
	int signals;		 /* signalfd */
	int keeper_fd, init_fd;	 /* pidfds */
	pid_t keeper;		 /* bwrap's parent */
	int leash;		 /* the keeper's only reason to live */
	int box;		 /* its mount namespace, until it runs */
	struct finish finish;
	struct egressrun egress;
	struct resolvconf resolvconf; /* while there is egress */
	int claude;		      /* the host's ~/.claude */
	struct strv keep;	      /* directories inside that are looked at when all has ended, */
	int kept[FDMOUNT_KEEP];	      /* their descriptors */
	struct run_ended what;
	uid_t init_uid;	 /* as the kernel sees it */
	uint32_t checks; /* that init was asked for */
	int wait_status;
	bool ended;
	bool over;	 /* the keeper has ended */
	bool empty;	 /* init has ended */
	bool stuck;	 /* ... and bwrap did not */
	bool told;	 /* to end, by a signal that was passed on */
	bool exec_known; /* whether the command could be started */
	struct diag *d;	 /* while waiting for the end */
	sigset_t old_mask;
	int flags[3]; /* of the caller's stdio; -1: closed */
};

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* O_NONBLOCK belongs to the open file, not to the box: set inside, it would stay with the caller's pipe. */
static void restore_flags(const struct run *r)
{
	for (int i = 0; i < 3; i++) {
		int fd = r->opts->stdio[i], now = r->flags[i] >= 0 ? fcntl(fd, F_GETFL) : -1;

		if (now >= 0 && ((now ^ r->flags[i]) & O_NONBLOCK) != 0)
			fcntl(fd, F_SETFL, now ^ O_NONBLOCK);
	}
}

static void run_done(struct run *r)
{
	restore_flags(r);
	terminal_done(&r->terminal);
	relay_done(&r->relay);
	stage_done(&r->stage);
	fdmount_host_done(&r->mounts);
	bwrap_args_done(&r->args);
	if (r->status != NULL)
		munmap(r->status, sizeof(*r->status));
	mem_close_fd(&r->record_fd);
	mem_close_fd(&r->status_fd);
	mem_close_fd(&r->args_fd);
	mem_close_fd(&r->sock);
	mem_close_fd(&r->sock_inside);
	mem_close_fd(&r->words);
	mem_close_fd(&r->words_inside);
	mem_close_fd(&r->signals);
	mem_close_fd(&r->keeper_fd);
	mem_close_fd(&r->leash);
	for (size_t i = 0; i < FDMOUNT_KEEP; i++)
		mem_close_fd(&r->kept[i]);
	strv_done(&r->keep);
	mem_close_fd(&r->claude);
	mem_close_fd(&r->box);
	finish_done(&r->finish);
	egressrun_done(&r->egress);
	resolvconf_done(&r->resolvconf);
	mem_close_fd(&r->init_fd);
	mem_close_fd(&r->host.mnt);
	sigprocmask(SIG_SETMASK, &r->old_mask, NULL);
}

static int open_status(struct run *r, struct diag *d)
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

static int open_args(struct run *r, struct diag *d)
{
	size_t done = 0;
	int e = bwrap_render(r->plan, r->stage.staged, r->stage.n, &r->args, d);

	if (e < 0)
		return e;
	r->args_fd = memfd_create("claude-sandbox-args", MFD_CLOEXEC);
	while (r->args_fd >= 0 && done < r->args.len) {
		ssize_t w = write(r->args_fd, r->args.bytes + done, r->args.len - done);

		if (w < 0)
			return diag_errno(d, -errno, "writing bwrap's options");
		done += (size_t)w;
	}
	if (r->args_fd < 0 || lseek(r->args_fd, 0, SEEK_SET) < 0)
		return diag_errno(d, -errno, "memfd_create");
	return 0;
}

static int open_channels(struct run *r, struct diag *d)
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

static int open_signals(struct run *r, struct diag *d)
{
	sigset_t all;

	sigfillset(&all);
	/* Without a handler these would be lost or loop: they are faults of our own. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGABRT);
	sigprocmask(SIG_BLOCK, &all, NULL);
	r->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? diag_errno(d, -errno, "signalfd") : 0;
}

/* What would fail between fork and exec, where there is nobody to say why. */
static int enough_descriptors(const struct run *r, struct diag *d)
{
	int high = fcntl(r->args_fd, F_DUPFD_CLOEXEC, BWRAP_FIRST_FD + (int)r->args.nfd + 24);

	if (high < 0)
		return diag_errno(d, -EMFILE, "starting bwrap");
	close(high);
	return 0;
}

static void start_keeper(struct run *r, int leash) __attribute__((noreturn));
static void start_keeper(struct run *r, int leash)
{
	struct keeper k = { .bwrap = r->policy->bwrap,
			    .wrong = r->opts->wrong,
			    .args = &r->args,
			    .args_fd = r->args_fd,
			    .words = r->words_inside,
			    .sock = r->sock_inside,
			    .record = r->record_fd,
			    .status = r->status_fd,
			    .stdio = r->relay.inside,
			    .close_fds = plan_find(r->plan, PLAN_CLOSE_FDS, NULL) != NULL,
			    .terminal = &r->terminal };

	keeper_run(&k, leash);
}

static int start_bwrap(struct run *r, struct diag *d)
{
	int leash[2], e = enough_descriptors(r, d);

	clock_gettime(CLOCK_REALTIME_COARSE, &r->start);
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
	r->keeper_fd = pidfd_of(r->keeper);
	if (r->keeper_fd < 0)
		return diag_errno(d, -errno, "pidfd_open%s", errno == ENOSYS ? " (Linux 5.3 has it)" : "");
	mem_close_fd(&r->sock_inside);
	mem_close_fd(&r->words_inside);
	return 0;
}

static void reap(struct run *r)
{
	if (r->ended)
		return;
	while (waitpid(r->keeper, &r->wait_status, 0) < 0)
		if (errno != EINTR) {
			/* Reaped by somebody else: what it ended with is lost, and is not success. */
			r->wait_status = EXIT_OURS << 8;
			break;
		}
	r->ended = true;
}

static void kill_box(struct run *r)
{
	/* First: it has the other end of all that is closed here. */
	fdmount_end(&r->helper);
	if (r->keeper <= 0 || r->ended)
		return;
	/* PID 1: its end ends everything inside; what isn't up yet finds the socket closed. */
	if (r->init_fd >= 0)
		syscall(SYS_pidfd_send_signal, r->init_fd, SIGKILL, NULL, 0);
	shutdown(r->sock, SHUT_RDWR);
	mem_close_fd(&r->leash);
	reap(r);
}

/* bwrap's own words, one line, for the message that ours begins. */
static void bwrap_words(struct run *r, char *buf, size_t n)
{
	size_t len = 0;
	ssize_t got;

	while (len < n - 1 && (got = read(r->words, buf + len, n - 1 - len)) > 0)
		len += (size_t)got;
	while (len > 0 && (buf[len - 1] == '\n' || buf[len - 1] == ' '))
		len--;
	buf[len] = '\0';
	for (char *s = buf; *s != '\0'; s++)
		if (*s == '\n')
			*s = ' ';
}

static int box_died(struct run *r, const char *when, struct diag *d)
{
	char words[200];

	kill_box(r);
	bwrap_words(r, words, sizeof(words));
	return diag_set(d, -ECHILD, "the sandbox could not be built: it ended %s%s%s", when,
			*words != '\0' ? ": " : "", words);
}

/* One message of init; credentials and descriptors of a hello. Returns its length, 0 at EOF, -errno. */
static ssize_t receive(struct run *r, struct record_report *report, int fds[3], int flags)
{
	struct iovec iov = { report, sizeof(*report) };
	union {
		char buf[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf)
	};
	ssize_t n = recvmsg(r->sock, &m, MSG_CMSG_CLOEXEC | flags);

	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		struct ucred cred;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS && fds != NULL && c->cmsg_len <= CMSG_LEN(3 * sizeof(int)))
			memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
		if (c->cmsg_type == SCM_CREDENTIALS && r->init_fd < 0 && report->message == RECORD_HELLO) {
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			r->init_fd = pidfd_of(cred.pid);
			r->init_uid = cred.uid;
		}
	}
	if (n > 0 && (size_t)n != sizeof(*report))
		return -EPROTO;
	return n;
}

/* What the launcher's own children and writes cause. */
static bool is_our_own(int sig)
{
	return sig == SIGCHLD || sig == SIGPIPE || sig == SIGXFSZ;
}

/* A signal before the command runs ends the launch; there is nobody to pass it to. */
static int interrupted(struct run *r, struct diag *d)
{
	struct signalfd_siginfo s;

	while (read(r->signals, &s, sizeof(s)) == sizeof(s)) {
		if (is_our_own((int)s.ssi_signo) || s.ssi_signo == SIGWINCH || s.ssi_signo == SIGCONT)
			continue;
		kill_box(r);
		r->res->signal = (int)s.ssi_signo;
		r->res->exit_code = 128 + (int)s.ssi_signo;
		return diag_set(d, -EINTR, "ended by signal %u %s", s.ssi_signo,
				r->ended ? "before all output was written" : "before the command started");
	}
	return 0;
}

/* A protection is missing: the report names it. */
static int missed(struct run *r, const struct record_report *report, struct diag *d)
{
	char word[DIAG_WORD];

	recordmake_words(report, r->res->miss, sizeof(r->res->miss));
	if (report->check == CHECK_WRITABLE) {
		diag_set(d, -EPERM, "%s can't be written by uid %u", report->text, r->policy->kernel_uid);
		diag_try(d, "ls -ld %s", diag_word(word, sizeof(word), report->text));
		return d->code;
	}
	diag_set(d, -EPERM, "the sandbox does not hold: %s", r->res->miss);
	diag_try(d, "claude-sandbox --test");
	return d->code;
}

/* Waits for a message of that kind; anything else ends the launch with its reason. */
static int expect(struct run *r, enum record_message want, struct record_report *report, int fds[3],
		  struct diag *d)
{
	for (;;) {
		struct pollfd p[] = { { r->sock, POLLIN, 0 }, { r->signals, POLLIN, 0 } };
		int n = poll(p, ARRAY_SIZE(p), KEEPER_HANDSHAKE_MS), e;
		ssize_t len;

		if (n < 0 && errno != EINTR)
			return diag_errno(d, -errno, "poll");
		if (n == 0) {
			kill_box(r);
			return diag_set(d, -ETIMEDOUT, "the sandbox did not come up within %d s",
					KEEPER_HANDSHAKE_MS / 1000);
		}
		e = interrupted(r, d);
		if (e < 0)
			return e;
		if (p[0].revents == 0)
			continue;
		len = receive(r, report, fds, MSG_DONTWAIT);
		if (len == -EAGAIN || len == -EINTR)
			continue;
		if (len <= 0)
			return box_died(r, "before it was ready", d);
		if (report->message == want)
			return 0;
		kill_box(r);
		report->text[sizeof(report->text) - 1] = '\0';
		if (report->message == RECORD_MISSED) {
			r->res->checks = report->checks;
			return missed(r, report, d);
		}
		if (report->message == RECORD_FAILED) {
			diag_errno(d, report->error != 0 ? -report->error : -EPROTO, "init: %s",
				   report->text);
			/* The limit is 1: below it is 0, with which a piped handler of core files still runs. */
			if (report->error == EPERM && streq(report->text, "limiting core files"))
				diag_try(d, "a hard limit on core files of at least 1 (it is 0: ulimit -Hc); "
					    "docker run --ulimit core=-1");
			return d->code;
		}
		return diag_set(d, -EPROTO, "init answered out of turn");
	}
}

static int send_byte(struct run *r, char byte, struct diag *d)
{
	if (send(r->sock, &byte, 1, MSG_NOSIGNAL) == 1)
		return 0;
	return box_died(r, "during the hand-shake", d);
}

/* A proof counts for as much of it as was made: init may have been given another record than ours. */
static int all_checks_made(const struct run *r, uint32_t made, struct diag *d)
{
	if (made == r->checks || r->opts->skip_proof)
		return 0;
	diag_set(d, -EPERM, "the launch proof failed: %u of %u checks were made", made, r->checks);
	diag_try(d, "another bwrap than %s", r->policy->bwrap);
	return d->code;
}

static const struct run_ended nothing_kept = {
	.home = -1, .git = -1, .project = -1, .dotclaude = -1, .memory = -1
};

/* What the end of the session needs: opened now, while nothing runs inside that could put something else there. */
static void want_kept(struct run *r)
{
	const struct policy_git *git = &r->policy->git;
	bool copies = plan_find(r->plan, PLAN_LINK, NULL) != NULL;

	if (r->opts->ended == NULL)
		return;
	if (r->policy->claude.inside != NULL) {
		r->what.home = (int)r->keep.n;
		strv_add(&r->keep, r->policy->home);
	}
	if (r->policy->dotclaude.mounted) {
		r->what.dotclaude = (int)r->keep.n;
		strv_add(&r->keep, r->policy->dotclaude.path);
	}
	if (r->policy->claude.memory.path != NULL) {
		r->what.memory = (int)r->keep.n;
		strv_add(&r->keep, r->policy->claude.memory.path);
	}
	r->what.tree = &r->kept[r->keep.n];
	for (size_t i = 0; i < r->policy->nentry && r->keep.n < FDMOUNT_KEEP - POLICY_GIT_COPIES - 1; i++) {
		const struct policy_entry *e = &r->policy->entry[i];

		if (!policy_is_tree(e))
			continue;
		if (streq(e->path, r->policy->project))
			r->what.project = (int)r->keep.n;
		strv_add(&r->keep, e->path);
		r->what.ntree++;
	}
	if (!copies)
		return;
	r->what.git = (int)r->keep.n;
	strv_add(&r->keep, GIT_COPIES);
	r->what.git_dir = &r->kept[r->keep.n];
	for (size_t i = 0; i < git->n && i < POLICY_GIT_COPIES; i++)
		strv_add(&r->keep, git->config[i].dir);
}

static void call_ended(struct run *r)
{
	/* Until now they were places in the list. */
	r->what.home = r->what.home >= 0 ? r->kept[r->what.home] : -1;
	r->what.dotclaude = r->what.dotclaude >= 0 ? r->kept[r->what.dotclaude] : -1;
	r->what.memory = r->what.memory >= 0 ? r->kept[r->what.memory] : -1;
	r->what.project = r->what.project >= 0 ? r->kept[r->what.project] : -1;
	r->what.git = r->what.git >= 0 ? r->kept[r->what.git] : -1;
	r->what.claude = r->claude;
	if (r->res->started && r->opts->ended != NULL)
		r->opts->ended(r->opts, &r->what);
}

static struct fdmount_job mounts_job(const struct run *r)
{
	return (struct fdmount_job){ .plan = r->plan,
				     .keep = &r->keep,
				     .host = r->opts->skip_proof ? NULL : &r->mounts };
}

/* What can be done for the mounts while bwrap is at work. */
static int prepare_mounts(struct run *r, struct diag *d)
{
	struct fdmount_job job = mounts_job(r);
	int e = 0;

	if (!r->opts->skip_proof)
		e = fdmount_look(r->plan, r->stage.staged, r->stage.n, r->start, &r->mounts, d);
	want_kept(r);
	return e == 0 ? fdmount_start(&job, &r->helper, d) : e;
}

/* Looks at what bwrap mounted, and mounts the rest. */
static int mounts(struct run *r, int mnt_fd, struct diag *d)
{
	struct fdmount_job job = mounts_job(r);
	struct fdmount_result done;
	int e = fdmount_all(&r->helper, &job, mnt_fd, &done, d);

	memcpy(r->kept, done.kept, sizeof(r->kept));
	if (done.miss.message != RECORD_MISSED)
		return e;
	kill_box(r);
	return missed(r, &done.miss, d);
}

/* The way out stands before the command, or there is no command. */
static int expect_egress(struct run *r, struct diag *d)
{
	int e = 0;

	while (e == 0 && r->egress.control >= 0) {
		struct pollfd p[] = { { r->egress.control, POLLIN, 0 }, { r->signals, POLLIN, 0 } };
		int n = poll(p, ARRAY_SIZE(p), KEEPER_HANDSHAKE_MS);

		if (n < 0 && errno != EINTR)
			return diag_errno(d, -errno, "poll");
		if (n == 0)
			return diag_set(d, -ETIMEDOUT, "egress was not ready within %d s",
					KEEPER_HANDSHAKE_MS / 1000);
		e = interrupted(r, d);
		if (e == 0 && p[0].revents != 0)
			e = egressrun_ready(&r->egress, d);
	}
	return e < 0 ? e : 0;
}

static int handshake(struct run *r, struct diag *d)
{
	struct record_report report;
	int fds[3] = { -1, -1, -1 };
	int e = prepare_mounts(r, d);

	if (e == 0)
		e = expect(r, RECORD_HELLO, &report, fds, d);
	if (e == 0 && (r->init_fd < 0 || fds[0] < 0))
		e = diag_set(d, -EPROTO, "init's hello carried no namespaces");
	if (e == 0 && r->terminal.mask != 0)
		e = terminal_attach(&r->terminal, TAKE_FD(fds[2]), d);
	if (e == 0 && (r->init_uid == 0 || r->init_uid != r->policy->kernel_uid))
		e = diag_set(d, -EPERM, "the sandbox does not hold: its kernel uid is %u, not %u",
			     r->init_uid, r->policy->kernel_uid);
	if (e == 0 && r->egress.control >= 0)
		e = egressrun_go(&r->egress, fds[1], d);
	if (e == 0)
		e = mounts(r, fds[0], d);
	if (e == 0)
		e = expect_egress(r, d);
	r->box = TAKE_FD(fds[0]);
	mem_close_fd(&fds[1]);
	mem_close_fd(&fds[2]);
	if (e == 0)
		e = send_byte(r, RECORD_MOUNTED, d);
	/* From now on all of it dies with its parent. */
	if (e == 0 && write(r->leash, "u", 1) != 1)
		e = box_died(r, "during the hand-shake", d);
	fdmount_end(&r->helper);
	if (e == 0)
		e = expect(r, RECORD_PROVED, &report, NULL, d);
	if (e == 0)
		e = all_checks_made(r, report.checks, d);
	if (e < 0)
		return e;
	r->res->proved = !r->opts->skip_proof;
	r->res->checks = report.checks + 2; /* the kernel uid and the mounts, above */
	r->res->proof_ms = (double)report.cpu_ns / 1e6;
	if (r->opts->proved != NULL)
		r->opts->proved(r->opts, r->res->checks, r->res->proof_ms);
	if (r->terminal.foreground)
		terminal_take(&r->terminal);
	e = send_byte(r, RECORD_GO, d);
	if (e == 0 && r->opts->rest != NULL)
		finish_start(r->opts->rest, r->box, &r->finish);
	mem_close_fd(&r->box);
	return e;
}

/* Nobody to pass a signal to: bwrap is about to end, or else is made to. */
static void end_without_init(struct run *r)
{
	struct pollfd p = { r->keeper_fd, POLLIN, 0 };

	if (poll(&p, 1, 1000) == 0)
		kill_box(r);
}

static void signal_init(struct run *r, int sig)
{
	if (syscall(SYS_pidfd_send_signal, r->init_fd, sig, NULL, 0) < 0 && errno == ESRCH)
		end_without_init(r);
}

/* The command goes on, with the keyboard if it has asked for it and the terminal is ours now. */
static void go_on(struct run *r)
{
	struct terminal *t = &r->terminal;
	char where = t->foreground && terminal_take(t) ? RECORD_FORWARD : RECORD_BACK;

	terminal_resize(t);
	if (send(r->sock, &where, 1, MSG_NOSIGNAL) == 1)
		signal_init(r, SIGCONT);
}

static void stop_too(struct run *r);

static void note_end(struct run *r, int sig)
{
	r->told = r->told || sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT;
}

static void pass_signals(struct run *r)
{
	struct signalfd_siginfo s;
	bool proxy = r->terminal.mask != 0;

	while (read(r->signals, &s, sizeof(s)) == sizeof(s)) {
		int sig = (int)s.ssi_signo;
		/* ... but a terminal that is gone tells only the session's leader, which we may be. */
		bool direct = s.ssi_code == SI_KERNEL && r->relay.terminal && sig != SIGHUP;

		if (is_our_own(sig))
			continue;
		if (proxy && sig == SIGWINCH) {
			terminal_resize(&r->terminal);
			continue;
		}
		if (proxy && sig == SIGCONT) {
			go_on(r);
			continue;
		}
		note_end(r, sig);
		/* The terminal's own signals reach the command too: it is in the same process group. */
		if (!direct)
			signal_init(r, sig);
		/* With a pty of its own the command stops first, if it wants to, and then we are told. */
		if (!proxy && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU))
			stop_too(r);
	}
}

/* The exec's outcome: EOF means that it succeeded. True when known. */
static bool take_exec(struct run *r, struct diag *d)
{
	struct record_report report;
	ssize_t n = receive(r, &report, NULL, MSG_DONTWAIT);

	if (n == -EAGAIN || n == -EINTR)
		return false;
	if (n > 0 && (report.message == RECORD_NO_EXEC || report.message == RECORD_FAILED)) {
		report.text[sizeof(report.text) - 1] = '\0';
		report.why[sizeof(report.why) - 1] = '\0';
		if (report.why[0] != '\0')
			diag_set(d, -ENOEXEC, "%s: %s", report.text, report.why);
		else if (report.error == ENOENT)
			diag_set(d, -ENOENT, "%s: command not found in the sandbox", report.text);
		else
			diag_errno(d, report.error != 0 ? -report.error : -EPROTO, "%s", report.text);
		r->res->started = false;
	} else {
		r->res->started = true;
	}
	/* On a terminal it goes on: stops of the command are told. */
	if (n <= 0 || !r->res->started)
		mem_close_fd(&r->sock);
	return true;
}

static void drop_messages(struct run *r)
{
	struct record_report report;

	while (r->sock >= 0 && receive(r, &report, NULL, MSG_DONTWAIT) > 0)
		;
}

/*
 * What came while we were stopped, before the command goes on: a kill of the whole job
 * is a SIGTERM and a SIGCONT, and must not find it running. A stop is old.
 */
static void pass_pending(struct run *r)
{
	struct signalfd_siginfo s;

	while (read(r->signals, &s, sizeof(s)) == sizeof(s)) {
		int sig = (int)s.ssi_signo;

		if (is_our_own(sig) || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU || sig == SIGCONT ||
		    (sig == SIGWINCH && r->terminal.mask != 0))
			continue;
		note_end(r, sig);
		signal_init(r, sig);
	}
}

/*
 * Stops with the command, so that the shell gets its terminal back. A Ctrl-Z comes
 * twice, as a signal and as init's word: what is pending when we go on is the other
 * one, and old.
 */
static void stop_too(struct run *r)
{
	raise(SIGSTOP);
	drop_messages(r);
	pass_pending(r);
	signal_init(r, SIGCONT);
}

/*
 * Stops all of our process group as a terminal would: the shell waits for every
 * process of the job, a script in between among them. By the signal's default
 * action, which the kernel leaves out where nobody could continue us.
 */
static void stop_group(int sig)
{
	sigset_t one, old;

	sigemptyset(&one);
	sigaddset(&one, sig);
	signal(sig, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &one, &old);
	kill(0, sig);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* The command has stopped, in its own pty. */
static void command_stopped(struct run *r, int sig)
{
	struct terminal *t = &r->terminal;
	bool wants = sig == SIGTTIN || sig == SIGTTOU;

	/* It reads from the terminal for the first time: it gets the keyboard, if it is ours to give. */
	if (wants)
		t->foreground = true;
	if (!wants || !terminal_is_ours(t)) {
		terminal_give_back(t);
		if (terminal_is_job(t))
			stop_group(wants ? SIGTTIN : SIGTSTP);
		pass_pending(r);
	}
	go_on(r);
}

/* After the start: only stops are told. */
static void take_stop(struct run *r)
{
	struct record_report report;
	ssize_t n = receive(r, &report, NULL, MSG_DONTWAIT);

	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n <= 0)
		mem_close_fd(&r->sock);
	else if (report.message == RECORD_STOPPED && r->terminal.mask != 0)
		command_stopped(r, report.error);
	else if (report.message == RECORD_STOPPED)
		stop_too(r);
}

/*
 * The rest of the output. A reader who takes nothing more holds us, as it would the
 * command; a signal ends that, also one that came before and has ended the command.
 */
static void drain(struct run *r, struct diag *d)
{
	for (;;) {
		bool relayed = relay_drain(&r->relay), shown = terminal_drain(&r->terminal);
		struct pollfd p[5] = { { r->signals, POLLIN, 0 } };
		int n;

		if (relayed && shown)
			return;
		relay_poll_fds(&r->relay, p + 1);
		p[4] = (struct pollfd){ shown ? -1 : r->terminal.host, POLLOUT, 0 };
		n = poll(p, ARRAY_SIZE(p), r->told ? 1000 : -1);
		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		if (interrupted(r, d) < 0)
			return;
	}
}

/* --- what is waited for while the command runs */

static void on_signals(void *arg, short events)
{
	(void)events;
	pass_signals(arg);
}

static void on_socket(void *arg, short events)
{
	struct run *r = arg;

	(void)events;
	if (r->exec_known)
		take_stop(r);
	else
		r->exec_known = take_exec(r, r->d);
}

static void on_relay(void *arg, short events)
{
	(void)events;
	relay_step(&((struct run *)arg)->relay);
}

static void on_finish(void *arg, short events)
{
	(void)events;
	finish_told(&((struct run *)arg)->finish);
}

static void on_egress(void *arg, short events)
{
	(void)events;
	egressrun_told(&((struct run *)arg)->egress);
}

static void on_resolvconf(void *arg, short events)
{
	struct run *r = arg;

	(void)events;
	if (resolvconf_changed(&r->resolvconf) && r->egress.control >= 0)
		egressrun_servers(&r->egress, &r->resolvconf.now);
}

/* What egress read at its start may be old by now. */
static void watch_resolvconf(struct run *r)
{
	if (r->egress.control < 0)
		return;
	resolvconf_watch(&r->resolvconf);
}

static void on_end(void *arg, short events)
{
	(void)events;
	((struct run *)arg)->over = true;
}

static void on_init_end(void *arg, short events)
{
	(void)events;
	((struct run *)arg)->empty = true;
}

/* A bwrap that does not hear of init's end (SIGCHLD ignored) would wait for ever: the keeper ends it. */
static void end_bwrap(struct run *r, struct diag *d)
{
	r->stuck = true;
	mem_close_fd(&r->leash);
	if (d->code == 0)
		diag_set(d, -ECHILD,
			 "%s did not end when all in the sandbox had: what the command ended with is lost",
			 r->policy->bwrap);
}

static void wait_for_end(struct run *r, struct diag *d)
{
	struct loop l = { 0 };
	int signals = loop_add(&l, on_signals, r), sock = loop_add(&l, on_socket, r), relay[3];
	int finish = loop_add(&l, on_finish, r), egress = loop_add(&l, on_egress, r),
	    resolvconf = loop_add(&l, on_resolvconf, r), init = loop_add(&l, on_init_end, r), n;

	r->d = d;
	r->egress.later = r->terminal.mask != 0 || r->relay.terminal;
	r->exec_known = r->opts->skip_command;
	watch_resolvconf(r);
	for (int i = 0; i < 3; i++)
		relay[i] = loop_add(&l, on_relay, r);
	if (r->terminal.mask != 0)
		terminal_add(&r->terminal, &l);
	loop_watch(&l, signals, r->signals, POLLIN);
	/* Last: what it wrote and said comes first. */
	loop_watch(&l, loop_add(&l, on_end, r), r->keeper_fd, POLLIN);
	while (!r->over) {
		struct pollfd p[3];

		relay_poll_fds(&r->relay, p);
		for (int i = 0; i < 3; i++)
			loop_watch(&l, relay[i], p[i].fd, p[i].events);
		if (r->terminal.mask != 0)
			terminal_watch(&r->terminal, &l);
		loop_watch(&l, sock, r->sock, POLLIN);
		loop_watch(&l, finish, r->finish.fd, POLLIN);
		loop_watch(&l, egress, r->egress.control, POLLIN);
		loop_watch(&l, resolvconf, r->egress.control >= 0 ? r->resolvconf.fd : -1, POLLIN);
		loop_watch(&l, init, r->empty ? -1 : r->init_fd, POLLIN);
		n = loop_wait(&l, r->empty && !r->stuck ? LEFT_MS : -1);
		if (n < 0)
			break;
		if (n == 0)
			end_bwrap(r, d);
	}
	reap(r);
	finish_done(&r->finish);
	/* A bwrap that ended before init did must not leave it behind. */
	syscall(SYS_pidfd_send_signal, r->init_fd, SIGKILL, NULL, 0);
	if (!r->exec_known)
		take_exec(r, d);
	drain(r, d);
	r->res->masked = r->terminal.escape.masked;
	terminal_done(&r->terminal);
	if (d->code == 0)
		relay_error(&r->relay, d);
}

void run_write_status(int fd, const struct run_result *res)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "{\"started\":%s,\"proved\":%s,\"exit\":%d,\"signal\":%d}\n",
			 res->started ? "true" : "false", res->proved ? "true" : "false", res->exit_code,
			 res->signal);

	/* A reader that is gone is his own affair: the exit code says the same. */
	if (fd >= 0 && write(fd, line, (size_t)n) < 0)
		return;
}

/* What root makes in a home belongs to whom the home does. */
static void give_like_parent(const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	struct stat st;

	if (geteuid() == 0 && stat(dir, &st) == 0 && lchown(path, st.st_uid, st.st_gid) < 0)
		return; /* then it is root's, and the proof finds whether that will do */
}

/* Left in place at the end, also when empty: another session may have begun to use it. */
static int make_dir(const char *dir, struct diag *d)
{
	AUTO_FREE char *path = xstrdup(dir);
	int e;

	if (access(dir, F_OK) == 0)
		return 0;
	for (char *s = path + 1;; s++) {
		bool last = *s == '\0';

		if (*s != '/' && !last)
			continue;
		*s = '\0';
		e = mkdir(path, 0700) == 0 ? 0 : -errno;
		if (e == 0) {
			give_like_parent(path);
		} else if (e != -EEXIST && (last || access(path, F_OK) < 0)) {
			diag_errno(d, e, "making %s, where the record of this project is kept", path);
			diag_try(d, "--claude-state ephemeral");
			return d->code;
		}
		if (last)
			return 0;
		*s = '/';
	}
}

/* What is written there by one session is run by the next: no link, nobody else's. */
static int make_cache(const struct policy *p, const char *dir, struct diag *d)
{
	AUTO_CLOSE int fd = state_open_below(p->state, dir + strlen(p->state) + 1, p->kernel_uid, d);

	if (fd < 0 && d->try[0] == '\0')
		diag_try(d, "\"cache\": \"none\" in the config");
	return fd < 0 ? fd : 0;
}

static int make_dirs(struct run *r, struct diag *d)
{
	const struct policy *p = r->policy;
	int e = 0;

	for (size_t i = 0; i < r->plan->n && e == 0; i++) {
		const char *dir = r->plan->op[i].dst;

		if (r->plan->op[i].type != PLAN_MAKE_DIR)
			continue;
		e = p->cache != NULL && path_is_under(dir, p->cache) ? make_cache(p, dir, d)
								     : make_dir(dir, d);
	}
	return e;
}

/* Before an identity is given up that could open it. */
static int open_claude(struct run *r)
{
	const char *dir = r->policy->claude.dir;

	if (dir == NULL || r->policy->identity != POLICY_SELF)
		return -1;
	return open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Beside init. */
static int start_egress(struct run *r, struct diag *d)
{
	AUTO_FREE char *dir = r->policy->init != NULL ? path_dirname(r->policy->init) : xstrdup("/");
	const char *wrong = r->opts->wrong != NULL ? r->opts->wrong->egress : NULL;
	AUTO_FREE char *program = path_join(dir, wrong != NULL ? "egress-wrong" : "egress");

	if (plan_find(r->plan, PLAN_EGRESS, NULL) != NULL)
		resolvconf_begin(&r->resolvconf, "/etc/resolv.conf");
	return egressrun_start(r->plan, program, wrong, r->opts->egress_log, &r->egress, d);
}

/* One start of bwrap, to where the command may run. */
static int start(struct run *r, struct diag *d)
{
	int e = open_channels(r, d);

	if (e == 0 && lseek(r->record_fd, 0, SEEK_SET) < 0)
		e = diag_errno(d, -errno, "the record for init");
	if (e == 0)
		e = open_args(r, d);
	if (e == 0)
		e = start_egress(r, d);
	if (e == 0)
		e = start_bwrap(r, d);
	return e == 0 ? handshake(r, d) : e;
}

/* What start() made. */
static void undo_start(struct run *r)
{
	kill_box(r);
	egressrun_done(&r->egress);
	fdmount_host_done(&r->mounts);
	bwrap_args_done(&r->args);
	mem_close_fd(&r->args_fd);
	mem_close_fd(&r->sock);
	mem_close_fd(&r->words);
	mem_close_fd(&r->keeper_fd);
	mem_close_fd(&r->leash);
	mem_close_fd(&r->box);
	mem_close_fd(&r->init_fd);
	mem_close_fd(&r->terminal.master);
	for (size_t i = 0; i < FDMOUNT_KEEP; i++)
		mem_close_fd(&r->kept[i]);
	strv_done(&r->keep);
	r->what = nothing_kept;
	r->keeper = 0;
	r->ended = false;
	r->wait_status = 0;
}

/* A bind of what is no longer there. Who was root has given up what another plan needs. */
static int gone(struct run *r, const char *path, struct diag *d)
{
	r->res->stale = r->policy->identity == POLICY_SELF;
	diag_set(d, -ENOENT, "%s vanished while the sandbox was started", path);
	diag_try(d, "start again");
	return d->code;
}

/*
 * A file of the host that is replaced takes along what is mounted over its name, in
 * every namespace. In a start that fails of it nothing of the command has run.
 */
static int start_again(struct run *r, struct diag *d)
{
	for (int i = 1;; i++) {
		int e = start(r, d);
		bool failed = e < 0 && r->res->exit_code == EXIT_OURS && r->keeper > 0;
		const char *path = failed ? replaced_find(r->plan, d->msg, r->start) : NULL;

		if (failed && path == NULL) {
			path = replaced_gone(r->plan, r->stage.staged, r->stage.n, d->msg);
			return path != NULL ? gone(r, path, d) : e;
		}
		if (path == NULL)
			return e;
		if (i == STARTS) {
			diag_set(d, -EAGAIN,
				 "%s was replaced on the host in each of %d starts of the sandbox", path, i);
			diag_try(d, "start again");
			return d->code;
		}
		undo_start(r);
		r->res->miss[0] = '\0';
		r->res->checks = 0;
		*d = (struct diag){ 0 };
	}
}

static mode_t callers_umask(void)
{
	mode_t mask = umask(077);

	umask(mask);
	return mask;
}

static int launch(struct run *r, struct diag *d)
{
	struct recordmake_opts mk = { .skip_proof = r->opts->skip_proof,
				      .skip_command = r->opts->skip_command };
	bool proxy = plan_find(r->plan, PLAN_OWN_TERMINAL, NULL) != NULL;
	uint32_t wrong = r->opts->wrong != NULL ? r->opts->wrong->escapes : 0;
	int e = proxy ? terminal_open(&r->terminal, r->opts->stdio, r->policy->tty_allow | wrong,
				      r->policy->tty_charset, d)
		      : 0;

	if (e == 0)
		e = relay_open(&r->relay, r->opts->stdio, plan_find(r->plan, PLAN_RELAY_STDIO, NULL) != NULL,
			       r->terminal.mask, !proxy, d);
	if (e < 0)
		return e;
	if (r->policy->identity != POLICY_SELF)
		relay_give(&r->relay, r->policy->kernel_uid, r->policy->kernel_gid);
	e = make_dirs(r, d);
	if (e < 0)
		return e;
	r->claude = open_claude(r);
	e = recordmake_identify(&r->host, d);
	if (e < 0)
		return e;
	mk.new_session = !r->relay.terminal;
	mk.terminals = r->terminal.mask;
	mk.foreground = r->terminal.foreground;
	mk.umask = callers_umask();
	r->record_fd = recordmake(r->plan, r->policy, &r->host, &mk, &r->checks, d);
	e = r->record_fd < 0 ? r->record_fd : open_status(r, d);
	if (e == 0)
		e = open_signals(r, d);
	if (e == 0) {
		e = stage_enter(r->policy, r->plan, &r->stage, d);
		r->res->stale = e == -ENOENT; /* nothing was given up yet */
	}
	if (e == 0)
		e = start_again(r, d);
	mem_close_fd(&r->record_fd);
	relay_started(&r->relay);
	return e;
}

int run_plan(const struct plan *plan, const struct policy *policy, const struct run_opts *opts,
	     struct run_result *ret, struct diag *d)
{
	/*
	 * Not on the stack, which a caller's limit may have made small; and not assigned as a whole: most of it is
	 * buffers, whose pages exist once they are touched.
	 */
	AUTO_FREE struct run *r = xcalloc(1, sizeof(*r));
	int e;

	r->plan = plan;
	r->policy = policy;
	r->opts = opts;
	r->res = ret;
	r->record_fd = r->status_fd = r->args_fd = r->sock = r->sock_inside = r->words = r->words_inside = -1;
	r->signals = r->keeper_fd = r->leash = r->box = r->claude = r->init_fd = -1;
	r->finish.fd = r->resolvconf.fd = r->egress.control = r->terminal.host = r->terminal.master =
	    r->host.mnt = -1;
	r->what = nothing_kept;
	r->stage.claude = r->helper.sock = -1;
	r->mounts.proc = r->mounts.table = -1;
	for (size_t i = 0; i < FDMOUNT_KEEP; i++)
		r->kept[i] = -1;
	*ret = (struct run_result){ .exit_code = EXIT_OURS };
	for (int i = 0; i < 3; i++)
		r->flags[i] = fcntl(opts->stdio[i], F_GETFL);
	sigprocmask(SIG_SETMASK, NULL, &r->old_mask);
	e = launch(r, d);
	if (e == 0) {
		wait_for_end(r, d);
		if (WIFEXITED(r->wait_status))
			ret->exit_code = WEXITSTATUS(r->wait_status);
		else if (WIFSIGNALED(r->wait_status))
			ret->exit_code = 128 + WTERMSIG(r->wait_status);
		if (r->stuck)
			ret->exit_code = EXIT_OURS;
		ret->signal = r->status->signal;
		if (!ret->started && !opts->skip_command)
			e = d->code != 0
				? d->code
				: diag_set(d, -ECHILD, "the sandbox ended before the command started");
		/* Output that was lost on our side of the relay: the command could not know. */
		else if (d->code != 0 && ret->exit_code == 0)
			ret->exit_code = EXIT_OURS;
	}
	kill_box(r);
	egressrun_done(&r->egress);
	if (r->claude < 0)
		r->claude = TAKE_FD(r->stage.claude);
	call_ended(r);
	if (!ret->stale || !opts->plans_again)
		run_write_status(opts->status_fd, ret);
	run_done(r);
	return e;
}
