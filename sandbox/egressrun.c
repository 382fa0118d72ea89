/* SPDX-License-Identifier: MIT */
#include "egressrun.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "egressmsg.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "state.h"
#include "util.h"

#define EXIT_OURS 125
#define SAID_MAX  40   /* lines while the command runs */
#define SUM_MAX	  8    /* refusals in the summary; the rest with -v, */
#define SUM_HOSTS 6    /* and hosts that were reached */
#define END_MS	  2000 /* for its last report; then it is killed */

static const char *const ways[GATEWAY_WAYS] = {
	[GATEWAY_TPROXY] = "nft tproxy",
	[GATEWAY_REDIRECT] = "nft redirect",
	[GATEWAY_PORTS] = "a listener for each port",
	[GATEWAY_LOOP] = "nft redirect on the sandbox's loopback",
};

/* --- the start */

/* A line each, as egress reads them. */
static int make_rules(const struct plan *plan, const char *tap, struct diag *d)
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
		else if (op->type == PLAN_PORT || op->type == PLAN_HOST_PORT || op->type == PLAN_PUBLISH)
			fprintf(f, "%s %s\n", plan_type_name(op->type), op->dst);
		else if (op->type == PLAN_DIRECT)
			fprintf(f, "direct %s\t%s\n", op->dst, op->src);
		else if (op->type == PLAN_UPSTREAM)
			fprintf(f, "upstream %s\t%s\n", op->dst, op->data != NULL ? op->data : "");
	}
	if (tap != NULL)
		fprintf(f, "tap %s\n", tap);
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

/* What it counts in. Of one size: a shorter one would end us at the first look. */
static int make_account(struct egressrun *e, struct diag *d)
{
	AUTO_CLOSE int fd = memfd_create("claude-sandbox-account", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *p;

	if (fd < 0 || ftruncate(fd, sizeof(*e->account)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		return diag_errno(d, -errno, "memfd_create");
	p = mmap(NULL, sizeof(*e->account), PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return diag_errno(d, -errno, "mmap");
	e->account = p;
	return TAKE_FD(fd);
}

static void exec_egress(const char *program, const char *wrong, const int fds[EGRESS_FD_END])
    __attribute__((noreturn));
static void exec_egress(const char *program, const char *wrong, const int fds[EGRESS_FD_END])
{
	static char *const no_environment[] = { NULL };
	char *argv[] = { (char[]){ "claude-sandbox-egress" }, (char *)(uintptr_t)wrong, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), from[EGRESS_FD_END], error;
	struct egress_report r = { .message = EGRESS_FAILED };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* What a terminal sends to our group is not meant for it. */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Out of the way of the fixed numbers, then onto them. */
	for (int fd = EGRESS_FD_CONTROL; fd < EGRESS_FD_END; fd++)
		from[fd] = fcntl(fds[fd] >= 0 ? fds[fd] : null, F_DUPFD_CLOEXEC, EGRESS_FD_END);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	for (int fd = EGRESS_FD_CONTROL; fd < EGRESS_FD_END; fd++)
		if (dup2(from[fd], fd) < 0)
			_exit(EXIT_OURS);
	oldkernel_close_range(EGRESS_FD_END, ~0u, false);
	execve(program, argv, no_environment);
	error = errno;
	r.error = -error;
	snprintf(r.text, sizeof(r.text), "%.300s: %s\nmake install", program, strerror(error));
	send(EGRESS_FD_CONTROL, &r, sizeof(r), MSG_NOSIGNAL);
	_exit(EXIT_OURS);
}

static int no_log(const struct egressrun_file *f, int code, const char *why, struct diag *d)
{
	char word[DIAG_WORD];

	diag_set(d, code, "%s %s: %s", f->from, f->path, why);
	if (code == -EFBIG && f->alone)
		diag_try(d, "mv %1$s %1$s.old", diag_word(word, sizeof(word), f->path));
	else if (code == -EFBIG)
		diag_try(d, "mv %1$s %1$s.old, or --egress-log auto, which does that by itself",
			 diag_word(word, sizeof(word), f->path));
	else if (f->alone)
		diag_try(d, "look at %s, or without %s", diag_word(word, sizeof(word), f->path), f->from);
	else if (f->ours)
		diag_try(d, "--egress-log FILE, one of your own in a directory that exists, or look at %s",
			 diag_word(word, sizeof(word), f->path));
	else
		diag_try(d, "--egress-log auto, or a file of your own in a directory that exists");
	return code;
}

/*
 * One of ours that has half of its room or less left makes place for a new one, so that no session fills it for the
 * next. Another one that writes to it still does: it is the same file.
 */
static int rotate(const struct egressrun_file *f, int folder, struct diag *d)
{
	const char *name = path_basename(f->path);
	AUTO_FREE char *old = xasprintf("%s.old", name);
	struct stat st;

	/* Of two that start at once the second sees what the first has made. */
	if (flock(folder, LOCK_EX) < 0)
		return diag_errno(d, -errno, "locking the folder of %s", f->path);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size < EGRESS_LOG_MAX / 2)
		return 0;
	if (renameat(folder, name, folder, old) < 0) {
		int error = errno;
		AUTO_FREE char *why = xasprintf("renaming it to %s: %s", old, strerror(error));

		return no_log(f, -error, why, d);
	}
	log_note("network: the connections of earlier sessions are in %s.old now", f->path);
	return 0;
}

int egressrun_open_file(const struct egressrun_file *f, int *ret, struct diag *d)
{
	AUTO_FREE char *dir = f->path != NULL ? path_dirname(f->path) : NULL;
	AUTO_CLOSE int folder = -1, fd = -1;
	struct stat st;
	int r;

	*ret = -1;
	if (f->path == NULL)
		return 0;
	folder = f->ours ? state_open(dir, true, d) : -1;
	r = f->ours ? folder : state_place(f->path, d);
	if (r >= 0 && f->ours)
		r = rotate(f, folder, d);
	if (r < 0 && f->ours && !f->alone && d->try[0] == '\0')
		diag_try(d, "--egress-log FILE, one of your own in a directory that exists");
	if (r < 0)
		return r;
	/* Not one that waits for a reader. */
	fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return no_log(f, -errno, strerror(errno), d);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return no_log(f, -EINVAL, "no regular file", d);
	/* Its other name may lie anywhere. */
	if (st.st_nlink != 1)
		return no_log(f, -EPERM, "it has more than one name", d);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))
		return no_log(f, -EPERM, "others can write to it", d);
	if ((uint64_t)st.st_size >= EGRESS_LOG_MAX)
		return no_log(f, -EFBIG, "it is full, 64 MiB: move it away", d);
	*ret = TAKE_FD(fd);
	return 0;
}

int egressrun_start(const struct plan *plan, const char *program, const char *wrong, int log, const char *tap,
		    struct egressrun *ret, struct diag *d)
{
	AUTO_CLOSE int rules = -1, account = -1;
	int pair[2];

	*ret = (struct egressrun){ .control = -1 };
	if (plan_find(plan, PLAN_EGRESS, NULL) == NULL)
		return 0;
	ret->publishes = plan_find(plan, PLAN_PUBLISH, NULL) != NULL;
	rules = make_rules(plan, tap, d);
	if (rules < 0)
		return rules;
	account = make_account(ret, d);
	if (account < 0)
		return account;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return diag_errno(d, -errno, "socketpair");
	ret->control = pair[0];
	ret->pid = fork();
	if (ret->pid == 0)
		exec_egress(program, wrong,
			    (int[EGRESS_FD_END]){ [EGRESS_FD_CONTROL] = pair[1],
						  [EGRESS_FD_RULES] = rules,
						  [EGRESS_FD_ACCOUNT] = account,
						  [EGRESS_FD_LOG] = log });
	close(pair[1]);
	if (ret->pid > 0)
		return 0;
	ret->pid = 0;
	mem_close_fd(&ret->control);
	return diag_errno(d, -errno, "fork");
}

/*
 * An end with something of ours unread is told by the next call as ECONNRESET (unix_release_sock of the kernel); its
 * last words can be read after that.
 */
static bool ended(int error)
{
	return error == EPIPE || error == ECONNRESET;
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
	if (sendmsg(e->control, &m, MSG_NOSIGNAL) < 0 && !ended(errno))
		return diag_errno(d, -errno, "giving egress the sandbox's network");
	return 0;
}

void egressrun_servers(const struct egressrun *e, const struct egress_servers *s)
{
	char text[IPADDR_TEXT];

	log_detail("network: name servers of the host are now %s%s", ipaddr_text(&s->server[0], text),
		   s->n > 1 ? " and others" : "");
	/* It reads whatever it does; one that has ended is noticed by its end. */
	if (send(e->control, s, sizeof(*s), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && !ended(errno))
		log_note("network: egress did not take the host's new name servers: %s", strerror(errno));
}

/* --- its reports */

/* As recv(2): 0 at its end. */
static ssize_t next_report(struct egressrun *e, struct egress_report *ret)
{
	ssize_t n;

	do
		n = recv(e->control, ret, sizeof(*ret), MSG_DONTWAIT);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
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
		e->way =
		    r.number[0] < ARRAY_SIZE(ways) && ways[r.number[0]] != NULL ? ways[r.number[0]] : "?";
		e->ports_alone = r.number[0] == GATEWAY_PORTS;
		e->loop = r.number[0] == GATEWAY_LOOP;
		e->ip6 = r.number[1] != 0;
		e->most = r.number[2];
		e->left_out = r.number[3];
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

void egressrun_say_ready(const struct egressrun *e)
{
	log_detail("egress: %s, IPv%s, at most %llu connections", e->way, e->ip6 ? "4 and IPv6" : "4 only",
		   (unsigned long long)e->most);
	if (e->ports_alone)
		log_note("network: this kernel redirects nothing (nf_tables with tproxy or redir): only "
			 "the usual ports and those of the rules are served");
	if (e->loop)
		log_note("network: this kernel has no veth(4): egress listens on the sandbox's own loopback, "
			 "at port 1 "
			 "(sudo modprobe veth)");
	if (e->left_out > 0)
		log_note("network: there is no room for so many ports: %llu rules have no effect",
			 (unsigned long long)e->left_out);
}

/* Where the command has the terminal, the summary says it; else at once, and so much that it is still read. */
static void say_not(struct egressrun *e, const char *what, const struct egress_report *r)
{
	AUTO_FREE char *line = xasprintf("network: %s %s", what, r->text);
	uint64_t row = r->number[0];

	if (!e->later && e->lines < SAID_MAX) {
		e->lines++;
		if (row > 0 && row <= EGRESS_ROWS)
			e->told[row - 1] = r->number[1] + 1;
		log_note("%s", line);
	} else if (row == 0 && e->said.n < SUM_MAX) {
		strv_add(&e->said, line);
	}
}

static void say_reached(struct egressrun *e, const char *host)
{
	AUTO_FREE char *line = xasprintf("network: first connection to %s", host);

	if (!e->later)
		log_detail("%s", line);
	else if (log_get() == LOG_VERBOSE && e->said.n < SAID_MAX)
		strv_add(&e->said, line);
}

/* False: it has ended. */
static bool take_reports(struct egressrun *e, struct account *facts)
{
	struct egress_report r;
	ssize_t n;

	while ((n = next_report(e, &r)) > 0) {
		switch ((enum egress_message)r.message) {
		case EGRESS_REFUSED:
			say_not(e, "refused", &r);
			break;
		case EGRESS_LOST:
			say_not(e, "not reached", &r);
			break;
		case EGRESS_REACHED:
			say_reached(e, r.text);
			break;
		case EGRESS_LISTENS:
			log_detail("network: port %s inside is listened at", r.text);
			if (e->listening.n < SUM_MAX)
				strv_add(&e->listening, r.text);
			break;
		case EGRESS_UNLOGGED:
			account_tell(facts, ACCOUNT_NETWORK, ACCOUNT_SECURITY, NULL,
				     "network: the log of connections is not whole: %s", r.text);
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

void egressrun_told(struct egressrun *e, struct account *facts)
{
	char how[40];

	if (take_reports(e, facts))
		return;
	reap(e, how, sizeof(how));
	mem_close_fd(&e->control);
	e->lost = true;
	account_tell(facts, ACCOUNT_NETWORK, ACCOUNT_SECURITY, NULL,
		     "network: egress has ended (%s): the sandbox has no network any more", how);
}

/* --- the account */

/* "512 bytes", "34 kB", "1.2 GB"; buf has 32 bytes. */
static const char *size_words(uint64_t n, char *buf)
{
	static const char *const unit[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double x = (double)n / 1000;
	size_t i = 0;

	if (n < 1000) {
		snprintf(buf, 32, "%u bytes", (unsigned)n);
		return buf;
	}
	for (; x >= 999.5 && i + 1 < ARRAY_SIZE(unit); i++)
		x /= 1000;
	snprintf(buf, 32, x < 9.95 ? "%.1f %s" : "%.0f %s", x, unit[i]);
	return buf;
}

/* A copy whose texts have an end: who writes them may be anybody by now. */
static struct egress_row row_of(const struct egress_account *a, enum egress_side side, size_t i)
{
	struct egress_row row = a->row[side][i];

	row.host[sizeof(row.host) - 1] = '\0';
	row.why[sizeof(row.why) - 1] = '\0';
	return row;
}

static size_t rows_of(const struct egress_account *a, enum egress_side side)
{
	return a->n[side] < EGRESS_ROWS ? (size_t)a->n[side] : EGRESS_ROWS;
}

static void hint_listening(const struct egressrun *e, struct account *facts)
{
	AUTO_FREE char *ports = NULL;
	size_t len = 0;
	FILE *f;

	if (e->publishes || e->listening.n == 0)
		return;
	f = open_memstream(&ports, &len);
	if (f == NULL)
		mem_oom();
	for (size_t i = 0; i < e->listening.n; i++)
		fprintf(f, "%s%s", i == 0 ? "" : ", ", e->listening.v[i]);
	if (fclose(f) != 0)
		mem_oom();
	account_add(
	    facts, ACCOUNT_NETWORK, ACCOUNT_SUMMARY, e->listening.v[0],
	    "network: what listened inside (port %s) could not be reached from the host; --publish %s "
	    "makes it "
	    "reachable at 127.0.0.1:%s",
	    ports, e->listening.v[0], e->listening.v[0]);
}

/* Those that got most come first: who runs inside makes the connections, and chooses their order. */
static int by_sent(const void *pa, const void *pb)
{
	const struct egress_row *a = pa, *b = pb;

	return a->sent != b->sent	    ? (a->sent < b->sent) - (a->sent > b->sent)
	       : a->received != b->received ? (a->received < b->received) - (a->received > b->received)
					    : strcmp(a->host, b->host);
}

/* The sum names few: each by itself, for who wants them all. */
static void each_reached(const struct egress_row *row, size_t n, struct account *facts)
{
	char out[32], in[32];

	for (size_t i = 0; i < n; i++)
		account_add(facts, ACCOUNT_NETWORK, ACCOUNT_DETAIL, row[i].host,
			    "network: %s: %s%s out, %s in, of %llu connections", row[i].host,
			    row[i].before > 0 ? "at least " : "", size_words(row[i].sent, out),
			    size_words(row[i].received, in), (unsigned long long)row[i].times);
}

static void sum_reached(const struct egress_account *a, struct account *facts)
{
	size_t n = rows_of(a, EGRESS_SIDE_REACHED), len = 0;
	uint64_t times = a->more[EGRESS_SIDE_REACHED];
	AUTO_FREE struct egress_row *row = NULL;
	AUTO_FREE char *hosts = NULL;
	char out[32], in[32];
	FILE *f;

	if (n == 0)
		return;
	f = open_memstream(&hosts, &len);
	if (f == NULL)
		mem_oom();
	row = xcalloc(n, sizeof(*row));
	for (size_t i = 0; i < n; i++) {
		row[i] = row_of(a, EGRESS_SIDE_REACHED, i);
		times += row[i].times;
	}
	qsort(row, n, sizeof(*row), by_sent);
	for (size_t i = 0; i < n && i < SUM_HOSTS; i++) {
		fprintf(f, "%s%s", i == 0 ? "" : ", ", row[i].host);
		if (row[i].times > 1)
			fprintf(f, " (%llu)", (unsigned long long)row[i].times);
	}
	if (n > SUM_HOSTS)
		fprintf(f, ", and %s%zu more", a->more[EGRESS_SIDE_REACHED] > 0 ? "at least " : "",
			n - SUM_HOSTS);
	if (a->ended > 0)
		fprintf(f, "; %llu others ended before they reached a host", (unsigned long long)a->ended);
	if (fclose(f) != 0)
		mem_oom();
	/* Of those alone that came to a host: who was refused has a line of its own. */
	account_add(facts, ACCOUNT_NETWORK, ACCOUNT_SUMMARY, NULL,
		    "network: %s out, %s in, of %llu connections: %s", size_words(a->sent, out),
		    size_words(a->received, in), (unsigned long long)times, hosts);
	each_reached(row, n, facts);
}

static void sum_refused(const struct egressrun *e, struct account *facts)
{
	const struct egress_account *a = e->account;
	size_t n = rows_of(a, EGRESS_SIDE_REFUSED), said = 0, more = 0;

	for (size_t i = 0; i < n; i++) {
		struct egress_row row = row_of(a, EGRESS_SIDE_REFUSED, i);
		bool told = e->told[i] > 0 && e->told[i] - 1 == row.taken;
		bool beyond = !told && said == SUM_MAX;
		char times[40] = "";

		said += !told && !beyond;
		more += beyond;
		if (row.times > 1)
			snprintf(times, sizeof(times), ", %llu times", (unsigned long long)row.times);
		account_add(facts, ACCOUNT_HOST, beyond ? ACCOUNT_DETAIL : ACCOUNT_NOTE, row.host,
			    "network: %s %s%s: %s%s%s%s", row.lost ? "not reached" : "refused", row.host,
			    times, row.why, row.helps ? " (--allow-host " : "", row.helps ? row.host : "",
			    row.helps ? ")" : "")
		    ->said = told;
	}
	if (more == 0 && a->more[EGRESS_SIDE_REFUSED] == 0)
		return;
	if (a->more[EGRESS_SIDE_REFUSED] > 0)
		account_add(
		    facts, ACCOUNT_HOST, ACCOUNT_NOTE, NULL,
		    "network: and %zu more hosts were refused or not reached, others besides %llu times",
		    more, (unsigned long long)a->more[EGRESS_SIDE_REFUSED])
		    ->others = more > 0 ? more - 1 : 0;
	else
		account_add(facts, ACCOUNT_HOST, ACCOUNT_NOTE, NULL,
			    "network: and %zu more hosts were refused or not reached", more)
		    ->others = more - 1;
}

static const char *log_words(int64_t error)
{
	return error == EFBIG		   ? "it is full"
	       : error == EGRESS_LOG_NAMES ? EGRESS_LOG_NAMES_WORDS
	       : error > 0 && error < 4096 ? strerror((int)error)
					   : "no room";
}

void egressrun_done(struct egressrun *e, struct account *facts)
{
	struct pollfd p = { e->control, POLLIN, 0 };
	bool beyond;
	char how[40];

	if (e->control >= 0) {
		shutdown(e->control, SHUT_WR);
		while (poll(&p, 1, END_MS) > 0 && take_reports(e, facts))
			;
	}
	reap(e, how, sizeof(how));
	mem_close_fd(&e->control);
	/* Those without a row are among the others that the sum counts. */
	beyond = e->account != NULL && e->account->more[EGRESS_SIDE_REFUSED] > 0;
	for (size_t i = 0; i < e->said.n; i++)
		account_add(facts, ACCOUNT_HOST, beyond ? ACCOUNT_DETAIL : ACCOUNT_NOTE, NULL, "%s",
			    e->said.v[i]);
	strv_done(&e->said);
	if (e->account == NULL)
		return;
	sum_reached(e->account, facts);
	sum_refused(e, facts);
	hint_listening(e, facts);
	strv_done(&e->listening);
	if (e->account->unlogged > 0)
		account_add(facts, ACCOUNT_NETWORK, ACCOUNT_SECURITY, NULL,
			    "network: %llu connections and refusals are not in the log: %s",
			    (unsigned long long)e->account->unlogged, log_words(e->account->log_error));
	munmap((void *)(uintptr_t)e->account, sizeof(*e->account));
	e->account = NULL;
}
