/* SPDX-License-Identifier: MIT */
/* The hand-shake with init, and the mounts that are made in the course of it. */
#include "runstate.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "foreign.h"
#include "git.h"
#include "inodetime.h"
#include "keeper.h"
#include "mem.h"
#include "util.h"

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

	run_kill_box(r);
	bwrap_words(r, words, sizeof(words));
	return diag_set(d, -ECHILD, "the sandbox could not be built: it ended %s%s%s", when,
			*words != '\0' ? ": " : "", words);
}

ssize_t run_receive(struct run *r, struct record_report *report, int fds[3], int flags)
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
			r->init_fd = run_pidfd_of(cred.pid);
			r->init_uid = cred.uid;
			r->init = cred.pid;
		}
	}
	if (n > 0 && (size_t)n != sizeof(*report))
		return -EPROTO;
	return n;
}

int run_interrupted(struct run *r, struct diag *d)
{
	struct signalfd_siginfo s;

	while (read(r->signals, &s, sizeof(s)) == sizeof(s)) {
		if (run_is_our_own((int)s.ssi_signo) || s.ssi_signo == SIGWINCH || s.ssi_signo == SIGCONT)
			continue;
		run_kill_box(r);
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
		struct statvfs fs;

		if (statvfs(report->text, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0) {
			diag_set(d, -EROFS, "%s can't be written: it lies on a read-only file system",
				 report->text);
			diag_try(d, "findmnt -T %s", diag_word(word, sizeof(word), report->text));
			return d->code;
		}
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
		struct pollfd p[] = { { r->sock, POLLIN, 0 },
				      { r->signals, POLLIN, 0 },
				      { r->listener.fd, POLLIN, 0 } };
		int n = poll(p, ARRAY_SIZE(p), KEEPER_HANDSHAKE_MS), e;
		ssize_t len;

		if (n < 0 && errno != EINTR)
			return diag_errno(d, -errno, "poll");
		if (n == 0) {
			run_kill_box(r);
			return diag_set(d, -ETIMEDOUT, "the sandbox did not come up within %d s",
					KEEPER_HANDSHAKE_MS / 1000);
		}
		e = run_interrupted(r, d);
		if (e < 0)
			return e;
		if (p[2].revents != 0)
			listener_answer(&r->listener);
		if (p[0].revents == 0)
			continue;
		len = run_receive(r, report, fds, MSG_DONTWAIT);
		if (len == -EAGAIN || len == -EINTR)
			continue;
		if (len <= 0)
			return box_died(r, "before it was ready", d);
		if (report->message == want)
			return 0;
		run_kill_box(r);
		report->text[sizeof(report->text) - 1] = '\0';
		if (report->message == RECORD_MISSED) {
			r->res->checks = report->checks;
			return missed(r, report, d);
		}
		if (report->message == RECORD_FAILED) {
			diag_errno(d, report->error != 0 ? -report->error : -EPROTO, "init: %s",
				   report->text);
			if (report->error == EBUSY && str_starts(report->text, "loading the system call"))
				diag_try(d, "outside of what has a listener of its own (a container, another "
					    "sandbox), or without blocked_commands and denial_log");
			/* The kernel counts ptys of the whole machine; no other device answers so. */
			if (report->error == ENOSPC && streq(report->text, "opening /dev/ptmx"))
				diag_try(d, "closing terminals that are not needed, or a larger sysctl "
					    "kernel.pty.max: all ptys are in use");
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

/* What the end of the session needs: opened now, while nothing runs inside that could put something else there. */
static void want_kept(struct run *r)
{
	const struct policy_git *git = &r->policy->git;
	bool copies = plan_find(r->plan, PLAN_LINK, NULL) != NULL, ends = r->opts->ended != NULL;

	if (!ends && plan_find(r->plan, PLAN_WATCH, NULL) == NULL)
		return;
	if (ends && r->policy->claude.inside != NULL) {
		r->what.home = (int)r->keep.n;
		strv_add(&r->keep, r->policy->home);
	}
	if (ends && r->policy->dotclaude.mounted) {
		r->what.dotclaude = (int)r->keep.n;
		strv_add(&r->keep, r->policy->dotclaude.path);
	}
	if (ends && r->policy->claude.memory.path != NULL) {
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
	if (!copies || !ends)
		return;
	r->what.git = (int)r->keep.n;
	strv_add(&r->keep, GIT_COPIES);
	r->what.git_dir = &r->kept[r->keep.n];
	for (size_t i = 0; i < git->n && i < POLICY_GIT_COPIES; i++)
		strv_add(&r->keep, git->config[i].dir);
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
	run_kill_box(r);
	return missed(r, &done.miss, d);
}

/* The group is ours to look at: inside there is no way to it. */
static int limits(struct run *r, struct diag *d)
{
	struct record_report miss = { .message = RECORD_MISSED, .check = CHECK_LIMITED };
	char name[16];
	int e = r->opts->skip_proof ? 1 : limitrun_holds(&r->limits, r->init, name, d);

	if (e != 0)
		return e < 0 ? e : 0;
	snprintf(miss.text, sizeof(miss.text), "%s", name);
	run_kill_box(r);
	return missed(r, &miss, d);
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
		e = run_interrupted(r, d);
		if (e == 0 && p[0].revents != 0)
			e = egressrun_ready(&r->egress, d);
	}
	if (e > 0)
		egressrun_say_ready(&r->egress);
	return e < 0 ? e : 0;
}

/* Said, since what was refused is not at the end. */
static void untold(const struct run *r, int error)
{
	struct account_fact *f = account_add(
	    r->opts->account, ACCOUNT_WEAKER, ACCOUNT_NOTE, NULL,
	    "which system calls are refused is not told: %s",
	    error == EBUSY ? "what this runs in (a container, another sandbox) has a listener of its own"
			   : "this kernel can't tell");

	account_try(f, "\"denial_log\": false in the config");
}

/* From now on there are calls that wait for us: the proof's are the first. */
static int expect_listener(struct run *r, struct record_report *report, struct diag *d)
{
	const struct plan_op *filter = plan_find(r->plan, PLAN_SECCOMP, NULL);
	int fds[3] = { -1, -1, -1 }, e;

	if (filter == NULL || !plan_asks(filter))
		return 0;
	e = expect(r, RECORD_LISTENER, report, fds, d);
	if (e == 0 && report->error != 0 && recordmake_listener(filter, r->policy) == RECORD_LISTENER_MAY)
		untold(r, report->error);
	else if (e == 0 && fds[0] < 0)
		e = diag_set(d, -EPROTO, "init's filter came without its listener");
	r->listener.fd = fds[0];
	mem_close_fd(&fds[1]);
	mem_close_fd(&fds[2]);
	return e;
}

/* For the names of commands. With another one what is started by way of /proc/self would not be found, and not blocked. */
static int find_level(struct run *r, struct diag *d)
{
	int e = r->listener.npattern > 0 ? foreign_level(r->init, &r->listener.level) : 0;

	return e < 0 ? diag_errno(d, e, "blocked_commands: /proc/%d/status, of the sandbox's init",
				  (int)r->init)
		     : 0;
}

int run_handshake(struct run *r, struct diag *d)
{
	struct record_report report;
	int fds[3] = { -1, -1, -1 };
	int e = prepare_mounts(r, d);

	if (e == 0)
		e = expect(r, RECORD_HELLO, &report, fds, d);
	if (e == 0 && (r->init_fd < 0 || fds[0] < 0))
		e = diag_set(d, -EPROTO, "init's hello carried no namespaces");
	if (e == 0)
		e = find_level(r, d);
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
	if (e == 0)
		e = limits(r, d);
	r->box = TAKE_FD(fds[0]);
	mem_close_fd(&fds[1]);
	mem_close_fd(&fds[2]);
	/* From now on all of it dies with its parent. Before init goes on: what it misses ends it, and the keeper with it. */
	if (e == 0 && write(r->leash, "u", 1) != 1)
		e = box_died(r, "during the hand-shake", d);
	if (e == 0)
		e = send_byte(r, RECORD_MOUNTED, d);
	fdmount_end(&r->helper);
	if (e == 0)
		e = expect_listener(r, &report, d);
	if (e == 0)
		e = expect(r, RECORD_PROVED, &report, NULL, d);
	if (e == 0)
		e = all_checks_made(r, report.checks, d);
	if (e != 0)
		return e;
	r->res->proved = !r->opts->skip_proof;
	r->res->checks = report.checks + 2; /* the kernel uid and the mounts, above */
	r->res->proof_ms = (double)report.cpu_ns / 1e6;
	if (r->opts->proved != NULL)
		r->opts->proved(r->opts, r->res->checks, r->res->proof_ms);
	if (r->terminal.foreground)
		terminal_take(&r->terminal);
	r->since = inodetime_after(r->start);
	r->listener.denied.counts = !r->opts->attacks;
	e = send_byte(r, RECORD_GO, d);
	if (e == 0 && r->opts->rest != NULL)
		finish_start(r->opts->rest, r->box, &r->finish);
	return e;
}
