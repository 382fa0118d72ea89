/* SPDX-License-Identifier: MIT */
#include "egressrun.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "egressmsg.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "util.h"

#define EXIT_OURS 125
#define SAID_MAX  40
#define END_MS	  2000 /* for its last report; then it is killed */

static const char *const ways[] = { "", "nft tproxy", "nft redirect", "a listener for each port" };

/* --- the start */

/* A line each, as egress reads them. */
static int make_rules(const struct plan *plan, struct diag *d)
{
	AUTO_CLOSE int fd = memfd_create("claude-sandbox-hosts", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		mem_oom();
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];

		if (op->type == PLAN_EGRESS && streq(op->dst, "open"))
			fputs("open\n", f);
		else if (op->type == PLAN_ALLOW_HOST || op->type == PLAN_DENY_HOST)
			fprintf(f, "%s %s\t%s\n", op->type == PLAN_ALLOW_HOST ? "allow" : "deny", op->dst,
				op->src);
	}
	if (fclose(f) != 0)
		mem_oom();
	if (fd < 0)
		return diag_errno(d, -errno, "memfd_create");
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0)
			return diag_errno(d, -errno, "the rules for egress");
		done += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return diag_errno(d, -errno, "sealing the rules for egress");
	return TAKE_FD(fd);
}

static void exec_egress(const char *program, int control, int rules) __attribute__((noreturn));
static void exec_egress(const char *program, int control, int rules)
{
	static char *const no_environment[] = { NULL };
	char *argv[] = { (char[]){ "claude-sandbox-egress" }, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), error;
	struct egress_report r = { .message = EGRESS_FAILED };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* What a terminal sends to our group is not meant for it. */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	/* Out of the way of the fixed numbers, then onto them. */
	control = fcntl(control, F_DUPFD_CLOEXEC, EGRESS_FD_END);
	rules = fcntl(rules, F_DUPFD_CLOEXEC, EGRESS_FD_END);
	if (dup2(control, EGRESS_FD_CONTROL) < 0 || dup2(rules, EGRESS_FD_RULES) < 0)
		_exit(EXIT_OURS);
	oldkernel_close_range(EGRESS_FD_END, ~0u, false);
	execve(program, argv, no_environment);
	error = errno;
	r.error = -error;
	snprintf(r.text, sizeof(r.text), "%.300s: %s\nmake install", program, strerror(error));
	send(EGRESS_FD_CONTROL, &r, sizeof(r), MSG_NOSIGNAL);
	_exit(EXIT_OURS);
}

int egressrun_start(const struct plan *plan, const char *program, struct egressrun *ret, struct diag *d)
{
	AUTO_CLOSE int rules = -1;
	int pair[2];

	*ret = (struct egressrun){ .control = -1 };
	if (plan_find(plan, PLAN_EGRESS, NULL) == NULL)
		return 0;
	rules = make_rules(plan, d);
	if (rules < 0)
		return rules;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return diag_errno(d, -errno, "socketpair");
	ret->control = pair[0];
	ret->pid = fork();
	if (ret->pid == 0)
		exec_egress(program, pair[1], rules);
	close(pair[1]);
	if (ret->pid > 0)
		return 0;
	ret->pid = 0;
	mem_close_fd(&ret->control);
	return diag_errno(d, -errno, "fork");
}

int egressrun_go(struct egressrun *e, int net, struct diag *d)
{
	char go = EGRESS_GO;
	struct iovec iov = { &go, 1 };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { .align = {
		    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf)
	};

	memcpy(CMSG_DATA(&u.align), &net, sizeof(net));
	/* One that has ended has said why: that is read when its readiness is waited for. */
	if (sendmsg(e->control, &m, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return diag_errno(d, -errno, "giving egress the sandbox's network");
	return 0;
}

/* --- its reports */

/* As recv(2): 0 at its end. */
static ssize_t next_report(struct egressrun *e, struct egress_report *ret)
{
	ssize_t n;

	do
		n = recv(e->control, ret, sizeof(*ret), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	ret->text[sizeof(ret->text) - 1] = '\0';
	if (n > 0 && n != sizeof(*ret))
		return 0;
	return n;
}

static void reap(struct egressrun *e, char *buf, size_t size)
{
	AUTO_CLOSE int fd = e->pid > 0 ? (int)syscall(SYS_pidfd_open, e->pid, 0) : -1;
	struct pollfd p = { fd, POLLIN, 0 };
	int st = 0;

	snprintf(buf, size, "it is gone");
	if (e->pid <= 0)
		return;
	/* Its end, which it has told by closing the socket, says more than ours. */
	if (fd < 0 || poll(&p, 1, END_MS) <= 0)
		kill(e->pid, SIGKILL);
	while (waitpid(e->pid, &st, 0) < 0)
		if (errno != EINTR)
			return;
	e->pid = 0;
	if (WIFEXITED(st))
		snprintf(buf, size, "it exited with %d", WEXITSTATUS(st));
	else
		snprintf(buf, size, "signal %d", WTERMSIG(st));
}

int egressrun_ready(struct egressrun *e, struct diag *d)
{
	struct egress_report r;
	ssize_t n = next_report(e, &r);
	char how[40], *try;

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n > 0 && r.message == EGRESS_READY) {
		log_detail("egress: %s, IPv%s, at most %llu connections",
			   r.number[0] < ARRAY_SIZE(ways) ? ways[r.number[0]] : "?",
			   r.number[1] != 0 ? "4 and IPv6" : "4 only", (unsigned long long)r.number[2]);
		if (r.number[0] == ARRAY_SIZE(ways) - 1)
			log_note(
			    "network: this kernel redirects nothing (nf_tables with tproxy or redir): only "
			    "the usual ports and those of the rules are served");
		if (r.number[3] > 0)
			log_note("network: there is no room for so many ports: %llu rules have no effect",
				 (unsigned long long)r.number[3]);
		return 1;
	}
	reap(e, how, sizeof(how));
	mem_close_fd(&e->control);
	if (n <= 0 || r.message != EGRESS_FAILED)
		return diag_set(d, -ECHILD, "egress was not ready: %s", how);
	try = strchrnul(r.text, '\n');
	if (*try != '\0')
		*try++ = '\0';
	diag_set(d, r.error < 0 ? r.error : -ECHILD, "%s", r.text);
	if (*try != '\0')
		diag_try(d, "%s", try);
	return d->code;
}

static void say(struct egressrun *e, bool detail, const char *what, const char *text)
{
	AUTO_FREE char *line = xasprintf("network: %s %s", what, text);

	if (detail && log_get() != LOG_VERBOSE)
		return;
	if (!e->later) {
		log_note("%s", line);
		return;
	}
	if (e->said.n < SAID_MAX)
		strv_add(&e->said, line);
	else
		e->left_out++;
}

static void say_total(const struct egress_report *r)
{
	if (r->number[0] > 0 || r->number[1] > 0)
		log_detail("network: %llu connections, %llu refusals, %llu bytes out, %llu in",
			   (unsigned long long)r->number[0], (unsigned long long)r->number[1],
			   (unsigned long long)r->number[2], (unsigned long long)r->number[3]);
}

/* False: it has ended. */
static bool take_reports(struct egressrun *e)
{
	struct egress_report r;
	ssize_t n;

	while ((n = next_report(e, &r)) > 0) {
		switch ((enum egress_message)r.message) {
		case EGRESS_REFUSED:
			say(e, false, "refused", r.text);
			break;
		case EGRESS_LOST:
			say(e, false, "not reached", r.text);
			break;
		case EGRESS_REACHED:
			say(e, true, "first connection to", r.text);
			break;
		case EGRESS_TOTAL:
			say_total(&r);
			break;
		case EGRESS_NOTHING:
		case EGRESS_READY:
		case EGRESS_FAILED:
		case EGRESS_MESSAGES:
			break;
		}
	}
	return n < 0 && errno == EAGAIN;
}

void egressrun_told(struct egressrun *e)
{
	char how[40];

	if (take_reports(e))
		return;
	reap(e, how, sizeof(how));
	mem_close_fd(&e->control);
	e->lost = true;
	log_security("network: egress has ended (%s): the sandbox has no network any more", how);
}

void egressrun_done(struct egressrun *e)
{
	struct pollfd p = { e->control, POLLIN, 0 };
	char how[40];

	e->later = false;
	if (e->control >= 0) {
		shutdown(e->control, SHUT_WR);
		while (poll(&p, 1, END_MS) > 0 && take_reports(e))
			;
	}
	reap(e, how, sizeof(how));
	mem_close_fd(&e->control);
	for (size_t i = 0; i < e->said.n; i++)
		log_note("%s", e->said.v[i]);
	if (e->left_out > 0)
		log_note("network: %zu more lines", e->left_out);
	strv_done(&e->said);
	e->left_out = 0;
}
