/* SPDX-License-Identifier: MIT */
/*
 * DOC: Theory of operation.
 *
 * bwrap is executed with an empty environment, its options by --args FD, its
 * words on a pipe of ours; by a process of ours that outlives a SIGKILL of the
 * launcher (see keeper.c). An ordinary user's is executed as soon as it is known
 * which one it will be (run_begin): it waits for the end of a pipe, with options
 * that it refuses, until the plan is made and judged. init (PID 1 inside) says
 * hello with its namespaces' descriptors; we compare what bwrap mounted with the
 * plan, make the mounts of the stage "fd" and send 'm'; init applies the last
 * layers and tries the forbidden acts; we print what held and send 'g'; init
 * starts the command and closes the socket. EOF at any point means that the other
 * side is gone: init exits, and we report. A start in which the host replaced a
 * file is made again; one of which the host took a source away needs another plan
 * (run_result.stale).
 *
 * All signals are blocked and read from a signalfd. bwrap inherits the blocked
 * mask: it must not die of a Ctrl-C that is meant for the command. init sets the
 * command's mask anew.
 */
#include "runstate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "path.h"
#include "replaced.h"
#include "textfile.h"
#include "util.h"

#define EXIT_OURS 125
#define ENDS_MS	  10000 /* from the kill to the end of all inside */
#define STARTS	  6	/* of bwrap, when the host replaces files meanwhile */

int run_pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool run_is_our_own(int sig)
{
	return sig == SIGCHLD || sig == SIGIO || sig == SIGPIPE || sig == SIGXFSZ;
}

/*
 * Flags belong to the open file, not to the box: set inside, they would stay with the caller's pipe. Of one with O_DIRECT
 * a reader loses what it does not take at once (pipe(7)), our own lines too.
 */
static void restore_flags(const struct run *r)
{
	const int settable = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK; /* F_SETFL of fcntl(2) */

	for (int i = 0; i < 3; i++) {
		int fd = r->opts->stdio[i], now = r->flags[i] >= 0 ? fcntl(fd, F_GETFL) : -1;

		if (now >= 0 && ((now ^ r->flags[i]) & settable) != 0)
			fcntl(fd, F_SETFL, r->flags[i]);
	}
}

/* What a write of our own that nobody reads any more left: with the caller's mask it would end us without a word. */
static void drop_our_own(void)
{
	const struct timespec now = { 0 };
	sigset_t own;

	sigemptyset(&own);
	sigaddset(&own, SIGPIPE);
	sigaddset(&own, SIGXFSZ);
	while (sigtimedwait(&own, NULL, &now) > 0)
		;
}

/* What a start of bwrap needed. */
static void start_done(struct run *r)
{
	terminal_done(&r->terminal);
	relay_done(&r->relay);
	bwrap_args_done(&r->args);
	if (r->status != NULL)
		munmap(r->status, sizeof(*r->status));
	mem_close_fd(&r->record_fd);
	mem_close_fd(&r->status_fd);
	mem_close_fd(&r->args_fd);
	mem_close_fd(&r->gate);
	mem_close_fd(&r->gate_inside);
	mem_close_fd(&r->sock);
	mem_close_fd(&r->sock_inside);
	mem_close_fd(&r->words);
	mem_close_fd(&r->words_inside);
	mem_close_fd(&r->keeper_fd);
	mem_close_fd(&r->leash);
	free(r->own_bwrap);
}

void run_give_up(struct run *r)
{
	if (r == NULL)
		return;
	run_kill_box(r);
	start_done(r);
	free(r);
}

static void run_done(struct run *r)
{
	restore_flags(r);
	log_without_waiting(false);
	start_done(r);
	stage_done(&r->stage);
	fdmount_host_done(&r->mounts);
	mem_close_fd(&r->signals);
	for (size_t i = 0; i < FDMOUNT_KEEP; i++)
		mem_close_fd(&r->kept[i]);
	strv_done(&r->keep);
	mem_close_fd(&r->claude);
	mem_close_fd(&r->box);
	finish_done(&r->finish);
	egressrun_done(&r->egress, r->opts->account);
	mitmrun_done(&r->mitm, r->opts->account);
	hostsave_done(r->hostsave);
	listener_done(&r->listener);
	limitrun_done(&r->limits, r->opts->account);
	resolvconf_done(&r->resolvconf);
	mem_close_fd(&r->init_fd);
	mem_close_fd(&r->host.mnt);
	drop_our_own();
	sigprocmask(SIG_SETMASK, &r->old_mask, NULL);
}

void run_reap(struct run *r)
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

void run_end_box(struct run *r)
{
	/* PID 1: its end ends everything inside; what isn't up yet finds the socket closed. */
	if (r->init_fd >= 0)
		syscall(SYS_pidfd_send_signal, r->init_fd, SIGKILL, NULL, 0);
	shutdown(r->sock, SHUT_RDWR);
	mem_close_fd(&r->leash);
}

void run_kill_box(struct run *r)
{
	/* First: it has the other end of all that is closed here. */
	fdmount_end(&r->helper);
	if (r->keeper <= 0 || r->ended)
		return;
	run_end_box(r);
	run_reap(r);
}

void run_write_status(int fd, const struct run_result *res)
{
	struct diag d = { 0 };
	char line[160];

	snprintf(line, sizeof(line), "{\"started\":%s,\"proved\":%s,\"exit\":%d,\"signal\":%d}\n",
		 res->started ? "true" : "false", res->proved ? "true" : "false", res->exit_code,
		 res->signal);
	/* One that is not open for writing is refused, with a line of its own. */
	if (fd < 0 || textfile_write(fd, line) || errno == EBADF)
		return;
	/* The exit code says nearly the same, and stays: a script that has none of the line reads that. */
	diag_errno(&d, -errno, "--status-fd %d: the line about the run is not written", fd);
	log_error(&d);
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
	return egressrun_start(r->plan, program, wrong, r->opts->egress_log, r->mitm.tap, &r->egress, d);
}

/* One start of bwrap, to where the command may run. */
static int start(struct run *r, struct diag *d)
{
	bool begun = r->begun;
	int e = begun ? 0 : run_open_channels(r, d);

	if (e == 0 && lseek(r->record_fd, 0, SEEK_SET) < 0)
		e = diag_errno(d, -errno, "the record for init");
	if (e == 0)
		e = run_open_args(r, d);
	if (e == 0 && begun)
		e = run_let_bwrap_go(r, d);
	if (e == 0)
		e = start_egress(r, d);
	if (e == 0 && !begun)
		e = run_start_bwrap(r, d);
	return e == 0 ? run_handshake(r, d) : e;
}

/* Egress is told where it is. */
static int start_mitmdump(struct run *r, struct diag *d)
{
	const struct plan_op *op = plan_find(r->plan, PLAN_MITMPROXY, NULL);
	int e = op != NULL && r->opts->flows >= 0 ? mitmrun_start(r->policy, r->opts->flows, &r->mitm, d) : 0;

	while (e == 0 && r->mitm.control >= 0 && r->mitm.tap == NULL) {
		struct pollfd p[] = { { r->mitm.control, POLLIN, 0 }, { r->signals, POLLIN, 0 } };
		int n = poll(p, ARRAY_SIZE(p), MITMRUN_READY_MS);

		if (n < 0 && errno != EINTR)
			return diag_errno(d, -errno, "poll");
		if (n == 0)
			return diag_set(d, -ETIMEDOUT, "%s was not ready within %d s", r->policy->mitmdump,
					MITMRUN_READY_MS / 1000);
		e = run_interrupted(r, d);
		if (e == 0 && p[0].revents != 0)
			e = mitmrun_ready(&r->mitm, d);
	}
	return e;
}

static const struct run_ended nothing_kept = {
	.home = -1, .git = -1, .project = -1, .dotclaude = -1, .memory = -1
};

/* What start() made. */
static void undo_start(struct run *r)
{
	run_kill_box(r);
	egressrun_done(&r->egress, r->opts->account);
	fdmount_host_done(&r->mounts);
	bwrap_args_done(&r->args);
	r->begun = false;
	mem_close_fd(&r->gate);
	mem_close_fd(&r->args_fd);
	mem_close_fd(&r->sock);
	mem_close_fd(&r->words);
	mem_close_fd(&r->keeper_fd);
	mem_close_fd(&r->leash);
	mem_close_fd(&r->box);
	mem_close_fd(&r->listener.fd);
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
	size_t spare;
	bool enabled = plan_find(r->plan, PLAN_RELAY_STDIO, NULL) != NULL;
	int e = r->begun ? 0 : run_open_stdio(r, r->opts->stdio, proxy, enabled, d);

	if (e < 0)
		return e;
	r->relay.most = r->policy->limit[LIMIT_DISK].n;
	terminal_allow(&r->terminal, r->policy->tty_allow | wrong, r->policy->tty_charset);
	if (r->policy->identity != POLICY_SELF)
		relay_give(&r->relay, r->policy->kernel_uid, r->policy->kernel_gid);
	e = run_make_dirs(r, d);
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
	/* What it has no use for is in the order of the numbers, but for one of the caller's in between. */
	spare = bwrap_count_files(r->plan);
	if (r->begun && spare < r->args.made) {
		mk.spare = (uint32_t)r->args.fd[spare];
		mk.spare_end = (uint32_t)r->args.fd[r->args.made - 1] + 1;
	}
	if (!r->begun)
		r->record_fd = recordmake_open(d);
	e = r->record_fd < 0 ? d->code
			     : recordmake(r->plan, r->policy, &r->host, &mk, r->record_fd, &r->checks, d);
	if (e == 0 && !r->begun)
		e = run_open_status(r, d);
	if (e == 0)
		e = run_open_signals(r, d);
	/* It keeps what is given up here. */
	if (e == 0)
		e = limitrun_open(r->plan, r->policy, &r->limits, d);
	if (e == 0) {
		e = stage_enter(r->policy, r->plan, &r->stage, d);
		r->res->stale = e == -ENOENT; /* nothing was given up yet */
	}
	if (e == 0)
		e = start_mitmdump(r, d);
	if (e == 0)
		e = start_again(r, d);
	mem_close_fd(&r->record_fd);
	relay_started(&r->relay);
	return e;
}

/* It is the last one inside. Who ended bwrap did not wait for it, and what is looked at now must not change any more. */
static void wait_for_init(const struct run *r)
{
	struct pollfd p = { r->init_fd, POLLIN, 0 };

	if (r->init_fd >= 0 && poll(&p, 1, ENDS_MS) == 0)
		account_add(
		    r->opts->account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, NULL,
		    "weaker: what is in the sandbox did not end %d s after it was killed: what it changes "
		    "now is not looked at",
		    ENDS_MS / 1000);
}

static void end_watch(struct run *r)
{
	struct account nobody = { 0 };

	appear_end(r->opts->watched != NULL ? &nobody : r->opts->account, r->appear);
	account_done(&nobody);
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

struct run *run_new(void)
{
	/*
	 * Not on the stack, which a caller's limit may have made small; and not assigned as a whole: most of it is
	 * buffers, whose pages exist once they are touched.
	 */
	struct run *r = xcalloc(1, sizeof(*r));

	r->record_fd = r->status_fd = r->args_fd = r->sock = r->sock_inside = r->words = r->words_inside = -1;
	r->gate = r->gate_inside = -1;
	r->signals = r->keeper_fd = r->leash = r->box = r->claude = r->init_fd = -1;
	r->limits.sock = r->limits.warden_fd = r->limits.dir = r->limits.memory = r->limits.tasks = -1;
	r->finish.fd = r->finish.opened = r->resolvconf.fd = r->egress.control = r->mitm.control =
	    r->mitm.words = r->terminal.host = r->terminal.master = r->host.mnt = -1;
	r->what = nothing_kept;
	r->stage.claude = r->helper.sock = -1;
	r->mounts.proc = r->mounts.table = -1;
	for (size_t i = 0; i < FDMOUNT_KEEP; i++)
		r->kept[i] = -1;
	for (size_t i = 0; i < ARRAY_SIZE(r->relay.one); i++)
		r->relay.one[i].from = r->relay.one[i].to = r->relay.one[i].rest = -1;
	return r;
}

int run_plan(const struct plan *plan, const struct policy *policy, const struct run_opts *opts,
	     struct run_result *ret, struct diag *d)
{
	AUTO_FREE struct run *r = run_fits(opts->begun, plan, policy, opts) ? opts->begun : NULL;
	int e;

	if (r == NULL) {
		run_give_up(opts->begun);
		r = run_new();
	}
	r->plan = plan;
	r->policy = policy;
	r->opts = opts;
	r->res = ret;
	listener_init(&r->listener, plan, policy);
	*ret = (struct run_result){ .exit_code = EXIT_OURS };
	for (int i = 0; i < 3; i++)
		r->flags[i] = fcntl(opts->stdio[i], F_GETFL);
	sigprocmask(SIG_SETMASK, NULL, &r->old_mask);
	e = launch(r, d);
	if (e == 0) {
		run_wait_for_end(r, d);
		if (WIFEXITED(r->wait_status))
			ret->exit_code = WEXITSTATUS(r->wait_status);
		else if (WIFSIGNALED(r->wait_status))
			ret->exit_code = 128 + WTERMSIG(r->wait_status);
		if (r->stuck || r->flooded)
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
	run_kill_box(r);
	limitrun_say(&r->limits, ret->signal, ret->exit_code, relay_beyond(&r->relay), r->opts->account);
	wait_for_init(r);
	egressrun_done(&r->egress, r->opts->account);
	mitmrun_done(&r->mitm, r->opts->account);
	if (r->claude < 0)
		r->claude = TAKE_FD(r->stage.claude);
	listener_account(&r->listener, opts->account);
	/* Before anything else is made of what is there. */
	hostsave_end(r->opts->account, r->hostsave);
	call_ended(r);
	end_watch(r);
	if (!ret->stale || !opts->plans_again)
		run_write_status(opts->status_fd, ret);
	run_done(r);
	return e;
}
