/* SPDX-License-Identifier: MIT */
/* What is waited for while the command runs. */
#include "runstate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loop.h"
#include "log.h"
#include "mem.h"
#include "standin.h"
#include "util.h"

#define LEFT_MS 10000 /* for bwrap, when all inside has ended */

/* Nobody to pass a signal to: bwrap is about to end, or else is made to. */
static void end_without_init(struct run *r)
{
	struct pollfd p = { r->keeper_fd, POLLIN, 0 };

	if (poll(&p, 1, 1000) == 0)
		run_kill_box(r);
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

		if (sig == SIGIO)
			relay_step(&r->relay);
		if (run_is_our_own(sig))
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
	ssize_t n = run_receive(r, &report, NULL, MSG_DONTWAIT);

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

	while (r->sock >= 0 && run_receive(r, &report, NULL, MSG_DONTWAIT) > 0)
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

		if (run_is_our_own(sig) || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU ||
		    sig == SIGCONT || (sig == SIGWINCH && r->terminal.mask != 0))
			continue;
		note_end(r, sig);
		signal_init(r, sig);
	}
}

/* --- what is watched while the box is up, stopped or not */

/* Of who stands in for us the keeper is no child: who goes on waits for it. */
static void end_box(struct run *r)
{
	if (r->stopped)
		run_end_box(r);
	else
		run_kill_box(r);
}

/* Else one that makes such files faster than they are moved would win some day. */
static void on_appear(void *arg, short events)
{
	struct run *r = arg;

	(void)events;
	if (appear_step(r->appear))
		return;
	if (r->d->code == 0)
		diag_set(r->d, -EDQUOT,
			 "ended: more files that the host acts on appeared than may be moved away");
	r->flooded = true;
	end_box(r);
}

static void on_hostsave(void *arg, short events)
{
	struct run *r = arg;
	struct diag d = { 0 };

	(void)events;
	r->flooded = hostsave_step(r->hostsave, &d) < 0 || r->flooded;
	r->held = hostsave_stopped(r->hostsave) || r->held;
	if (d.code == 0)
		return;
	if (r->d->code == 0)
		*r->d = d;
	end_box(r);
}

static void on_opened(void *arg, short events)
{
	struct run *r = arg;
	struct diag d = { 0 };

	(void)events;
	r->flooded = latehold_step(&r->late, &r->finish, &r->held, &d) < 0 || r->flooded;
	if (d.code == 0)
		return;
	if (r->d->code == 0)
		*r->d = d;
	end_box(r);
}

static void on_init_end(void *arg, short events)
{
	(void)events;
	((struct run *)arg)->empty = true;
}

struct watched {
	int appear, hostsave, opened;
};

static struct watched add_watched(struct run *r, struct loop *l)
{
	return (struct watched){ .appear = loop_add(l, on_appear, r),
				 .hostsave = loop_add(l, on_hostsave, r),
				 .opened = loop_add(l, on_opened, r) };
}

static void watch(struct run *r, struct loop *l, const struct watched *w)
{
	loop_watch(l, w->appear, r->appear != NULL ? appear_fd(r->appear) : -1, POLLIN);
	/* When all inside has ended, the end of the session says what was changed. */
	loop_watch(l, w->hostsave, r->hostsave != NULL && !r->empty ? hostsave_fd(r->hostsave) : -1, POLLIN);
	loop_watch(l, w->opened, r->empty ? -1 : r->finish.opened, POLLIN);
}

static void on_over(void *arg, short events)
{
	(void)events;
	*(bool *)arg = true;
}

/* By who stands in for us. What else we wait for may wait. */
static void watch_on(void *arg, int over)
{
	struct run *r = arg;
	struct loop l = { 0 };
	bool end = false;
	int told = loop_add(&l, on_over, &end), init = loop_add(&l, on_init_end, r), n = 0;
	struct watched watched = add_watched(r, &l);

	loop_watch(&l, told, over, POLLIN);
	while (!end && n >= 0) {
		loop_watch(&l, init, r->empty ? -1 : r->init_fd, POLLIN);
		watch(r, &l, &watched);
		n = loop_wait(&l, -1);
	}
}

/* As the user wants it, whatever goes wrong: his terminal comes back. */
static void stop_watched(struct run *r, void (*stop)(int sig), int sig)
{
	bool watched = r->appear != NULL || r->hostsave != NULL || r->finish.opened >= 0, held = r->held;
	struct standin s;
	int e = 0;

	if (watched) {
		r->stopped = true;
		e = standin_start(watch_on, r, &s);
	}
	if (e < 0)
		log_security("nobody watches what goes on inside while this is stopped (%s): run nothing in "
			     "%s before it goes on",
			     strerror(-e), r->policy->project);
	stop(sig);
	if (watched && e == 0 && standin_end(&s) < 0) {
		if (r->d->code == 0)
			diag_set(r->d, -ECHILD,
				 "ended: what watched the sandbox while this was stopped was ended");
		run_end_box(r);
	}
	r->stopped = false;
	/* A stop of the command's for a host save is not told: it has stopped already. */
	r->held = held;
}

static void stop_us(int sig)
{
	raise(sig);
}

/*
 * Stops with the command, so that the shell gets its terminal back. A Ctrl-Z comes
 * twice, as a signal and as init's word: what is pending when we go on is the other
 * one, and old.
 */
static void stop_too(struct run *r)
{
	stop_watched(r, stop_us, SIGSTOP);
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
			stop_watched(r, stop_group, wants ? SIGTTIN : SIGTSTP);
		pass_pending(r);
	}
	go_on(r);
}

/* A stop of ours, for a file that the host replaced: the command goes on already, and nobody else stops for it. */
static bool was_held(struct run *r, int sig)
{
	bool held = r->held && sig == SIGSTOP;

	if (!held)
		return false;
	r->held = false;
	if (r->terminal.mask != 0)
		go_on(r);
	else
		signal_init(r, SIGCONT);
	return true;
}

/* After the start: only stops are told. */
static void take_stop(struct run *r)
{
	struct record_report report;
	ssize_t n = run_receive(r, &report, NULL, MSG_DONTWAIT);

	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n <= 0)
		mem_close_fd(&r->sock);
	else if (report.message == RECORD_STOPPED && was_held(r, report.error))
		return;
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
		if (run_interrupted(r, d) < 0)
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
	struct run *r = arg;

	(void)events;
	finish_told(r->opts->account, &r->finish);
}

static void on_egress(void *arg, short events)
{
	struct run *r = arg;

	(void)events;
	egressrun_told(&r->egress, r->opts->account);
}

static void on_mitmdump(void *arg, short events)
{
	struct run *r = arg;

	(void)events;
	mitmrun_told(&r->mitm, r->opts->account);
}

static void on_listener(void *arg, short events)
{
	(void)events;
	listener_answer(&((struct run *)arg)->listener);
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

/* What comes into the writable trees. What probes plant is judged there: of a box of theirs one directory is watched. */
static void watch_trees(struct run *r)
{
	const struct appear_opts opts = {
		.policy = r->policy,
		.quarantine = r->opts->quarantine,
		.tree = r->what.tree,
		.ntree = r->what.ntree,
		.since = r->since,
		.killed = r->opts->killed,
		.rest = r->opts->rest,
		.only = r->opts->watched,
		.later = r->limits.later || r->opts->watched != NULL,
	};

	const struct hostsave_opts saves = {
		.plan = r->plan,
		.policy = r->policy,
		.quarantine = r->opts->quarantine,
		.tree = r->what.tree,
		.ntree = r->what.ntree,
		.since = r->since,
		.beside = r->opts->beside,
		.mnt = r->box,
		.init = r->init,
		.later = r->limits.later,
	};

	r->late = (struct latehold){
		.work = r->opts->rest,
		.account = r->opts->account,
		.since = r->since,
		.mnt = r->box,
		.init = r->init,
		.init_fd = r->init_fd,
		.hold = plan_find(r->plan, PLAN_HOLD, NULL) != NULL,
	};
	if (opts.quarantine != NULL && plan_find(r->plan, PLAN_WATCH, NULL) != NULL)
		r->appear = appear_start(&opts);
	if (saves.quarantine != NULL && r->opts->watched == NULL &&
	    plan_find(r->plan, PLAN_HOLD, NULL) != NULL)
		r->hostsave = hostsave_start(&saves);
}

static void on_end(void *arg, short events)
{
	(void)events;
	((struct run *)arg)->over = true;
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

void run_wait_for_end(struct run *r, struct diag *d)
{
	struct loop l = { 0 };
	int signals = loop_add(&l, on_signals, r), sock = loop_add(&l, on_socket, r), relay[3];
	int finish = loop_add(&l, on_finish, r), egress = loop_add(&l, on_egress, r),
	    mitmdump = loop_add(&l, on_mitmdump, r), resolvconf = loop_add(&l, on_resolvconf, r),
	    init = loop_add(&l, on_init_end, r), listener = loop_add(&l, on_listener, r), n;
	struct watched watched = add_watched(r, &l);

	r->d = d;
	log_without_waiting(true);
	r->limits.later = r->terminal.mask != 0 || r->relay.terminal;
	r->egress.later = r->limits.later || r->opts->attacks;
	limitrun_add(&r->limits, &l, r->opts->account);
	r->exec_known = r->opts->skip_command;
	watch_resolvconf(r);
	watch_trees(r);
	for (int i = 0; i < 3; i++)
		relay[i] = loop_add(&l, on_relay, r);
	if (r->terminal.mask != 0)
		terminal_add(&r->terminal, &l);
	loop_watch(&l, signals, r->signals, POLLIN);
	/* Last: what it wrote and said comes first. */
	loop_watch(&l, loop_add(&l, on_end, r), r->keeper_fd, POLLIN);
	while (!r->over) {
		struct pollfd p[3];

		log_flush();
		relay_poll_fds(&r->relay, p);
		for (int i = 0; i < 3; i++)
			loop_watch(&l, relay[i], p[i].fd, p[i].events);
		if (r->terminal.mask != 0)
			terminal_watch(&r->terminal, &l);
		loop_watch(&l, sock, r->sock, POLLIN);
		loop_watch(&l, finish, r->finish.fd, POLLIN);
		loop_watch(&l, egress, r->egress.control, POLLIN);
		loop_watch(&l, mitmdump, r->mitm.control, POLLIN);
		loop_watch(&l, resolvconf, r->egress.control >= 0 ? r->resolvconf.fd : -1, POLLIN);
		loop_watch(&l, listener, r->listener.fd, POLLIN);
		limitrun_watch(&r->limits, &l);
		watch(r, &l, &watched);
		loop_watch(&l, init, r->empty ? -1 : r->init_fd, POLLIN);
		n = loop_wait(&l, r->empty && !r->stuck ? LEFT_MS : -1);
		if (n < 0)
			break;
		/* The last of its mount namespace: what the kernel does then it does while bwrap ends. */
		if (r->empty)
			mem_close_fd(&r->box);
		if (n == 0)
			end_bwrap(r, d);
	}
	run_reap(r);
	finish_done(&r->finish);
	latehold_done(&r->late);
	/* With it goes what is mounted over the host's files. */
	mem_close_fd(&r->box);
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
