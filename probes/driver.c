/* SPDX-License-Identifier: MIT */
/*
 * Runs a list of probes inside one sandbox and streams what each observed.
 *
 * DOC: theory of operation
 * Input (stdin, or --input FD): lines NAME=VALUE, an empty line, lines
 * "ID DEADLINE" (seconds) or "ID DEADLINE alone". The inputs go into a sealed memfd, which every probe
 * gets as fd 3. A probe is DIR/ID in a process group of its own, stdin
 * /dev/null, stdout a pipe of its own, stderr and every other descriptor as
 * inherited: a probe must see what a leak into the sandbox left open.
 * Probes whose id begins with "tty-" get the terminal (of fd 0, fd 2 or
 * /dev/tty) as stdin, one at a time, in the foreground. While one that is
 * "alone" runs, no other does: it takes away what others look at.
 *
 *	state      event                     next
 *	running    leader exits              its group is killed, output judged
 *	running    more than 8 KiB came      killed, judged malformed
 *	running    deadline                  killed, judged timeout
 *
 * The leader is left unreaped until its group was killed, so that the group's
 * number can't belong to somebody else. What left the group is reparented to
 * us (subreaper; so is every probe that is built with probe.c) and killed each
 * time that a probe ends: it must not live to meet the next one.
 *
 * Every process in a box has the same uid. So that no probe can speak for
 * another, the stream has one writer: no other descriptor than our fd 1 leads
 * to it, and we are not dumpable, which closes /proc/PID/fd and /proc/PID/mem.
 * A probe's own words count only whole, and with the exit code that goes with
 * them: a stranger who wrote into its pipe can spoil its result, not turn it.
 *
 * A probe's output is the output of an attacked program: parsed strictly, and
 * nothing of it is passed on but known words and an escaped, bounded text.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIST_MAX (1024 * 1024)
#define OUT_MAX	 8192
#define JOBS_MAX 64
#define ID_MAX	 64
#define FD_MAX	 4096
#define GRACE	 1.0  /* seconds between a kill and giving up on reaping */
#define SWEEP	 20   /* rounds of a millisecond against strays while probes wait for us */
#define SWEEP_UP 3000 /* at the end */

struct driver_item {
	const char *id; /* borrowed from the list */
	double deadline;
	bool alone; /* beside no other probe */
};

struct driver_run {
	const struct driver_item *item; /* NULL: free slot */
	pid_t pid;
	int out; /* owned, -1 when closed */
	double start, end;
	size_t n;
	bool flood, late, killed;
	char buf[OUT_MAX + 1];
};

struct driver_seen {
	char observed[16], err[24], step[512], detail[2048]; /* step, detail: still escaped */
};

static const char *driver_dir;
static char driver_self_dir[4096];
static int driver_inputs = -1; /* memfd; -1: driver_input_text through a pipe */
static const char *driver_input_text = "";
static size_t driver_input_len;
static int driver_null = -1, driver_tty = -1;
static bool driver_tty_fg;
static size_t driver_number;
static pid_t driver_before[64]; /* the children that we started with */
static size_t driver_nbefore;
static pid_t driver_beside;	       /* the bystander; one of those */
static struct sigaction driver_old[3]; /* what SIGPIPE, SIGTTOU and SIGCHLD did before us */
static sigset_t driver_mask;	       /* the mask to start probes with */

static void driver_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void driver_die(const char *fmt, ...)
{
	va_list ap;

	fputs("driver: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static double driver_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void driver_put(const char *s, size_t n)
{
	while (n > 0) {
		ssize_t w = write(STDOUT_FILENO, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

			poll(&p, 1, -1);
			continue;
		}
		if (w <= 0)
			exit(2);
		s += w;
		n -= (size_t)w;
	}
}

/* --- the list --- */

static char *driver_read_list(int fd, size_t *ret_n)
{
	char *buf = malloc(LIST_MAX + 1);
	size_t n = 0;

	if (buf == NULL)
		driver_die("out of memory");
	for (;;) {
		ssize_t r = read(fd, buf + n, LIST_MAX + 1 - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			driver_die("reading the list: %s", strerror(errno));
		if (r == 0)
			break;
		n += (size_t)r;
		if (n > LIST_MAX)
			driver_die("the list is longer than %d bytes", LIST_MAX);
	}
	buf[n] = '\0';
	*ret_n = n;
	return buf;
}

static bool driver_id_ok(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n < ID_MAX && s[n] == '\0' && s[0] != '-';
}

/* The part before the empty line becomes the inputs, the rest the items. */
static struct driver_item *driver_parse_list(char *buf, size_t n, size_t *ret_n)
{
	char *items = n > 0 && buf[0] == '\n' ? buf : memmem(buf, n, "\n\n", 2);
	struct driver_item *list;
	size_t count = 0;
	char *line, *save = NULL;

	if (items == NULL)
		driver_die("the list has no empty line between inputs and probes");
	driver_input_text = buf;
	driver_input_len = items == buf ? 0 : (size_t)(items - buf) + 1;
	items += items == buf ? 1 : 2;
	if (memchr(items, '\0', n - (size_t)(items - buf)) != NULL)
		driver_die("NUL byte in the list of probes");
	list = calloc(strlen(items) / 4 + 1, sizeof(*list));
	if (list == NULL)
		driver_die("out of memory");
	for (line = strtok_r(items, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *sp = strchr(line, ' '), *end;
		bool alone;
		double d;

		if (sp == NULL)
			driver_die("not \"ID DEADLINE [alone]\": %.80s", line);
		*sp = '\0';
		d = strtod(sp + 1, &end);
		alone = strcmp(end, " alone") == 0;
		if (end == sp + 1 || (*end != '\0' && !alone) || !(d > 0 && d <= 3600))
			driver_die("%.64s: bad deadline", line);
		if (!driver_id_ok(line))
			driver_die("bad probe id: %.80s", line);
		list[count++] = (struct driver_item){ line, d, alone };
	}
	*ret_n = count;
	return list;
}

/* Moves fd away from the numbers that a probe uses itself. */
static int driver_high(int fd)
{
	int r = fcntl(fd, F_DUPFD_CLOEXEC, 300);

	if (r < 0)
		r = fcntl(fd, F_DUPFD_CLOEXEC, 64);
	if (r < 0)
		return fd;
	close(fd);
	return r;
}

static void driver_make_inputs(void)
{
	int fd = (int)syscall(SYS_memfd_create, "inputs", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return;
	if (write(fd, driver_input_text, driver_input_len) != (ssize_t)driver_input_len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		close(fd);
		return;
	}
	driver_inputs = driver_high(fd);
}

/* --- starting --- */

static void driver_find_tty(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd += 2)
		if (isatty(fd)) {
			driver_tty = fcntl(fd, F_DUPFD_CLOEXEC, 300);
			break;
		}
	if (driver_tty < 0) {
		fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0)
			driver_tty = driver_high(fd);
	}
	driver_tty_fg = driver_tty >= 0 && tcgetpgrp(driver_tty) == getpgrp();
}

static bool driver_is_tty(const char *id)
{
	return strncmp(id, "tty-", 4) == 0;
}

/* A pipe that holds the inputs, for a sandbox without memfd_create. */
static int driver_input_pipe(void)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	if (write(p[1], driver_input_text, driver_input_len) != (ssize_t)driver_input_len) {
		close(p[0]);
		p[0] = -1;
	}
	close(p[1]);
	return p[0];
}

/* Runs in the vfork child: system calls only. */
static void driver_child(const char *path, const char *id, int in, int inputs, int out)
{
	char *argv[] = { NULL, NULL };

	memcpy(&argv[0], &id, sizeof(id));
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (driver_is_tty(id) && driver_tty_fg)
		tcsetpgrp(driver_tty, getpid()); /* SIGTTOU is ignored here */
	sigaction(SIGPIPE, &driver_old[0], NULL);
	sigaction(SIGTTOU, &driver_old[1], NULL);
	sigaction(SIGCHLD, &driver_old[2], NULL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
		_exit(127);
	if (inputs >= 0 && dup2(inputs, 3) < 0)
		_exit(127);
	sigprocmask(SIG_SETMASK, &driver_mask, NULL);
	execve(path, argv, environ);
}

static pid_t driver_spawn(const char *path, const char *id, int in, int inputs, int out, int *ret_err)
{
	volatile int err = 0;
	pid_t pid = vfork();

	if (pid < 0)
		pid = fork();
	if (pid < 0) {
		*ret_err = errno;
		return -1;
	}
	if (pid == 0) {
		driver_child(path, id, in, inputs, out);
		err = errno;
		_exit(127);
	}
	*ret_err = err;
	return pid;
}

static void driver_report(const struct driver_item *it, const struct driver_seen *s, double seconds,
			  const char *status)
{
	bool ok = strcmp(s->observed, "denied") == 0 || strcmp(s->observed, "allowed") == 0 ||
		  strcmp(s->observed, "na") == 0;
	char out[4096];
	int n;

	n = snprintf(out, sizeof(out),
		     "%sok %zu - %s\n  ---\n  observed: %s\n  errno: %s\n  step: \"%s\"\n  detail: \"%s\"\n"
		     "  seconds: %.4f\n  status: %s\n  ...\n",
		     ok ? "" : "not ", ++driver_number, it->id, s->observed, s->err, s->step, s->detail,
		     seconds, status);
	driver_put(out, n < (int)sizeof(out) ? (size_t)n : sizeof(out) - 1);
}

static void driver_report_unstarted(const struct driver_item *it, const char *step, int err)
{
	struct driver_seen s = { "unknown", "0", "", "the probe could not be started" };
	const char *name = strerrorname_np(err);

	snprintf(s.step, sizeof(s.step), "%s", step);
	snprintf(s.err, sizeof(s.err), "%s", name != NULL ? name : "0");
	driver_report(it, &s, 0, "not started");
}

/* Starts the item in the free slot r; false when it was reported as not startable. */
static bool driver_start(struct driver_run *r, const struct driver_item *it)
{
	int in = driver_is_tty(it->id) && driver_tty >= 0 ? driver_tty : driver_null;
	int inputs = driver_inputs >= 0 ? driver_inputs : driver_input_pipe();
	char path[4096 + ID_MAX + 1];
	int p[2], err = 0;

	snprintf(path, sizeof(path), "%s/%s", driver_dir, it->id);
	if (pipe2(p, O_CLOEXEC) < 0) {
		driver_report_unstarted(it, "pipe2", errno);
		return false;
	}
	p[0] = driver_high(p[0]);
	p[1] = driver_high(p[1]);
	r->start = driver_now();
	r->pid = driver_spawn(path, it->id, in, inputs, p[1], &err);
	close(p[1]);
	if (driver_inputs < 0 && inputs >= 0)
		close(inputs);
	if (r->pid < 0 || err != 0) {
		if (r->pid > 0)
			waitpid(r->pid, NULL, 0);
		close(p[0]);
		driver_report_unstarted(it, "execve", err);
		return false;
	}
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	r->out = p[0];
	r->item = it;
	r->end = r->start + it->deadline;
	r->n = 0;
	r->flood = r->late = r->killed = false;
	return true;
}

/* --- judging --- */

/* Takes the line that p stands at, without its newline; NULL at the end or at an unfinished line. */
static char *driver_line(char **p)
{
	char *s = *p, *nl = strchr(s, '\n');

	if (nl == NULL)
		return NULL;
	*nl = '\0';
	*p = nl + 1;
	return s;
}

/* The inside of a double-quoted string whose escapes are the ones that probe.c writes; false: anything else. */
static bool driver_quoted(const char *s, char *out, size_t room)
{
	size_t n = strlen(s), k = 0;

	if (n < 2 || s[0] != '"' || s[n - 1] != '"' || n - 2 >= room)
		return false;
	for (size_t i = 1; i < n - 1; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c >= 0x7f || c == '"')
			return false;
		if (c == '\\') {
			char e = s[i + 1];

			if (e == 'x') {
				if (i + 3 >= n - 1 || strspn(s + i + 2, "0123456789abcdef") < 2)
					return false;
			} else if ((e != '"' && e != '\\') || i + 1 >= n - 1) {
				return false;
			}
			out[k++] = (char)c;
			i++;
			c = (unsigned char)e;
		}
		out[k++] = (char)c;
	}
	out[k] = '\0';
	return true;
}

static bool driver_errno_ok(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return n > 0 && n < 24 && s[n] == '\0';
}

/* The four keys of the YAML block, each once, any order. */
static bool driver_parse_yaml(char **p, struct driver_seen *s)
{
	unsigned have = 0;
	char *line;

	while ((line = driver_line(p)) != NULL && strcmp(line, "  ...") != 0) {
		unsigned bit;

		if (strncmp(line, "  observed: ", 12) == 0) {
			bit = 1;
			if (strlen(line + 12) >= sizeof(s->observed))
				return false;
			strcpy(s->observed, line + 12);
		} else if (strncmp(line, "  errno: ", 9) == 0) {
			bit = 2;
			if (!driver_errno_ok(line + 9))
				return false;
			strcpy(s->err, line + 9);
		} else if (strncmp(line, "  step: ", 8) == 0) {
			bit = 4;
			if (!driver_quoted(line + 8, s->step, sizeof(s->step)))
				return false;
		} else if (strncmp(line, "  detail: ", 10) == 0) {
			bit = 8;
			if (!driver_quoted(line + 10, s->detail, sizeof(s->detail)))
				return false;
		} else {
			return false;
		}
		if (have & bit)
			return false;
		have |= bit;
	}
	return line != NULL && have == 15;
}

/* The whole output of one probe; false: malformed. code is its exit status. */
static bool driver_parse(char *buf, size_t n, const char *id, int code, struct driver_seen *s)
{
	static const struct {
		const char *observed;
		int code;
		const char *head, *tail;
	} forms[] = {
		{ "denied", 0, "ok 1 - ", "" },
		{ "allowed", 1, "not ok 1 - ", "" },
		{ "unknown", 2, "not ok 1 - ", "" },
		{ "na", 4, "ok 1 - ", " # SKIP" },
	};
	char want[128], *p = buf, *line, *test;

	buf[n] = '\0';
	if (strlen(buf) != n)
		return false;
	line = driver_line(&p);
	if (line == NULL || strcmp(line, "TAP version 14") != 0)
		return false;
	line = driver_line(&p);
	if (line == NULL || strcmp(line, "1..1") != 0)
		return false;
	test = driver_line(&p);
	if (test != NULL && strncmp(test, "# ", 2) == 0)
		test = driver_line(&p);
	line = driver_line(&p);
	if (test == NULL || line == NULL || strcmp(line, "  ---") != 0)
		return false;
	if (!driver_parse_yaml(&p, s) || *p != '\0')
		return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(forms[i].observed, s->observed) != 0)
			continue;
		snprintf(want, sizeof(want), "%s%s%s", forms[i].head, id, forms[i].tail);
		return forms[i].code == code && strcmp(want, test) == 0;
	}
	return false;
}

static void driver_judge(struct driver_run *r, int st, bool reaped)
{
	struct driver_seen s = { "unknown", "0", "", "" };
	char status[32];

	if (!reaped)
		snprintf(status, sizeof(status), "not reaped");
	else if (WIFSIGNALED(st))
		snprintf(status, sizeof(status), "signal %d", WTERMSIG(st));
	else
		snprintf(status, sizeof(status), "exit %d", WEXITSTATUS(st));

	if (r->flood) {
		strcpy(s.detail, "malformed output: too much of it");
	} else if (r->late) {
		strcpy(s.observed, "timeout");
		snprintf(s.detail, sizeof(s.detail), "no end within %g s", r->item->deadline);
	} else if (reaped && WIFSIGNALED(st)) {
		strcpy(s.observed, "killed");
		snprintf(s.detail, sizeof(s.detail), "ended by signal %d", WTERMSIG(st));
	} else if (!reaped || !driver_parse(r->buf, r->n, r->item->id, WEXITSTATUS(st), &s)) {
		s = (struct driver_seen){ "unknown", "0", "", "malformed output" };
	}
	driver_report(r->item, &s, driver_now() - r->start, status);
}

/* --- strays */

/* Our children into pid[0..room); how many there are. */
static size_t driver_children(pid_t *pid, size_t room)
{
	static char buf[65536];
	size_t n = 0, k = 0;
	char *p = buf, *end;
	ssize_t r = 0;
	int fd;

	snprintf(buf, sizeof(buf), "/proc/self/task/%d/children", getpid());
	fd = open(buf, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while (n < sizeof(buf) - 1 && (r = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += (size_t)r;
	close(fd);
	buf[n] = '\0';
	/* A number without its blank may be cut, and so be that of a process that is not ours. */
	for (long v; k < room && (v = strtol(p, &end, 10)) > 1 && *end == ' '; p = end + 1)
		pid[k++] = (pid_t)v;
	return k;
}

/* Who had our pid before the exec may have left us children. */
static bool driver_spares(const struct driver_run *run, size_t jobs, pid_t pid)
{
	for (size_t i = 0; i < driver_nbefore; i++)
		if (driver_before[i] == pid)
			return true;
	for (size_t i = 0; i < jobs; i++)
		if (run[i].item != NULL && run[i].pid == pid)
			return true;
	return false;
}

/* Kills what left its group and was reparented to us; false when some of it is still there. */
static bool driver_sweep(const struct driver_run *run, size_t jobs, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		static pid_t pid[4096];
		size_t n = driver_children(pid, sizeof(pid) / sizeof(pid[0])), strays = 0;

		for (size_t k = 0; k < n; k++) {
			if (driver_spares(run, jobs, pid[k]))
				continue;
			strays++;
			kill(pid[k], SIGKILL);
			waitpid(pid[k], NULL, WNOHANG);
		}
		if (strays == 0)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

/* --- the loop --- */

static void driver_on_child(int sig)
{
	(void)sig; /* only to end ppoll */
}

static void driver_drain(struct driver_run *r)
{
	while (r->out >= 0) {
		ssize_t n = read(r->out, r->buf + r->n, OUT_MAX - r->n + (r->n < OUT_MAX ? 0 : 1));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close(r->out);
			r->out = -1;
			return;
		}
		if (r->n == OUT_MAX) {
			r->flood = true;
			close(r->out);
			r->out = -1;
			return;
		}
		r->n += (size_t)n;
	}
}

static void driver_kill(struct driver_run *r, double now)
{
	kill(-r->pid, SIGKILL);
	kill(r->pid, SIGKILL); /* it may have left its group */
	if (!r->killed)
		r->end = now + GRACE;
	r->killed = true;
}

/* One look at a running probe; frees the slot and reports when it is over. */
static void driver_step(struct driver_run *r)
{
	double now = driver_now();
	siginfo_t si = { 0 };
	bool over;
	int st = 0;

	driver_drain(r);
	if (r->flood && !r->killed)
		driver_kill(r, now);
	over = waitid(P_PID, (id_t)r->pid, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == r->pid;
	if (!over) {
		if (now < r->end)
			return;
		if (!r->killed) {
			r->late = true;
			driver_kill(r, now);
			return;
		}
	}
	driver_kill(r, now);
	driver_drain(r);
	if (r->out >= 0)
		close(r->out);
	r->out = -1;
	if (over)
		over = waitpid(r->pid, &st, 0) == r->pid;
	if (driver_is_tty(r->item->id) && driver_tty_fg)
		tcsetpgrp(driver_tty, getpgrp());
	driver_judge(r, st, over);
	r->item = NULL;
}

static void driver_wait(struct driver_run *run, size_t jobs)
{
	struct pollfd p[JOBS_MAX];
	struct timespec ts;
	double left = 3600;
	nfds_t n = 0;

	for (size_t i = 0; i < jobs; i++) {
		if (run[i].item == NULL)
			continue;
		if (run[i].out >= 0)
			p[n++] = (struct pollfd){ .fd = run[i].out, .events = POLLIN };
		if (run[i].end - driver_now() < left)
			left = run[i].end - driver_now();
	}
	if (left < 0)
		left = 0;
	ts.tv_sec = (time_t)left;
	ts.tv_nsec = (long)((left - (double)ts.tv_sec) * 1e9);
	ppoll(p, n, &ts, &driver_mask);
}

/* A tty probe has the terminal to itself; one that is alone has everything. */
static bool driver_may_start(const struct driver_run *run, size_t jobs, const struct driver_item *it)
{
	for (size_t i = 0; i < jobs; i++) {
		if (run[i].item == NULL)
			continue;
		if (it->alone || run[i].item->alone ||
		    (driver_is_tty(it->id) && driver_is_tty(run[i].item->id)))
			return false;
	}
	return true;
}

/* Those that are alone last: before each of them all others are waited for. */
static void driver_put_last(struct driver_item *list, size_t n)
{
	struct driver_item *alone = calloc(n + 1, sizeof(*alone));
	size_t shared = 0, last = 0;

	if (alone == NULL)
		driver_die("out of memory");
	for (size_t i = 0; i < n; i++) {
		if (list[i].alone)
			alone[last++] = list[i];
		else
			list[shared++] = list[i];
	}
	memcpy(list + shared, alone, last * sizeof(*alone));
	free(alone);
}

static void driver_run_all(const struct driver_item *list, size_t n, size_t jobs)
{
	struct driver_run *run = calloc(jobs, sizeof(*run));
	size_t next = 0, busy;

	if (run == NULL)
		driver_die("out of memory");
	do {
		busy = 0;
		for (size_t i = 0; i < jobs; i++) {
			while (run[i].item == NULL && next < n && driver_may_start(run, jobs, &list[next]))
				driver_start(&run[i], &list[next++]);
			if (run[i].item == NULL)
				continue;
			driver_step(&run[i]);
			if (run[i].item == NULL)
				driver_sweep(run, jobs, SWEEP);
			busy += run[i].item != NULL;
		}
		if (busy == jobs || (busy > 0 && (next == n || !driver_may_start(run, jobs, &list[next]))))
			driver_wait(run, jobs);
	} while (busy > 0 || next < n);
	free(run);
}

/*
 * A probe inherits what we have. If one of that leads to the stream too (2>&1,
 * a leak), a probe could write a result for another: then there is no test.
 */
static void driver_own_stream(void)
{
	struct stat out, st;

	if (fstat(STDOUT_FILENO, &out) < 0)
		driver_die("stdout: %s", strerror(errno));
	if (S_ISCHR(out.st_mode))
		return; /* a terminal: somebody is looking */
	for (int fd = 0; fd < FD_MAX; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (fd == STDOUT_FILENO || flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
			continue;
		if (fstat(fd, &st) == 0 && st.st_dev == out.st_dev && st.st_ino == out.st_ino)
			driver_die("fd %d leads where stdout does: a probe could write results there", fd);
	}
}

/*
 * An ordinary process of the box, for the probes that look into others: what
 * leaked into the sandbox it has too, and it is dumpable, as we are not. It has
 * no part in the stream. Made before anything was read.
 */
static void driver_bystander(void)
{
	pid_t parent = getpid();
	int null;

	driver_beside = fork();
	if (driver_beside < 0)
		driver_die("fork: %s", strerror(errno));
	if (driver_beside > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || getppid() != parent || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		_exit(1);
	close(null);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	for (;;)
		pause();
}

static void driver_signals(void)
{
	struct sigaction sa = { .sa_handler = driver_on_child }, ignore = { .sa_handler = SIG_IGN };
	sigset_t chld;

	sigaction(SIGPIPE, &ignore, &driver_old[0]);
	sigaction(SIGTTOU, &ignore, &driver_old[1]);
	sigaction(SIGCHLD, &sa, &driver_old[2]);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &driver_mask);
	sigdelset(&driver_mask, SIGCHLD);
}

static void driver_find_dir(const char *argv0)
{
	ssize_t n = readlink("/proc/self/exe", driver_self_dir, sizeof(driver_self_dir) - 1);
	char *slash;

	if (n > 0)
		driver_self_dir[n] = '\0';
	else
		snprintf(driver_self_dir, sizeof(driver_self_dir), "%s", argv0);
	slash = strrchr(driver_self_dir, '/');
	if (slash == NULL)
		strcpy(driver_self_dir, ".");
	else
		*slash = '\0';
	driver_dir = driver_self_dir;
}

static long driver_number_arg(const char *name, const char *s, long min, long max)
{
	char *end = NULL;
	long v = s == NULL ? 0 : strtol(s, &end, 10);

	if (s == NULL || *s == '\0' || *end != '\0' || v < min || v > max)
		driver_die("%s needs a number from %ld to %ld", name, min, max);
	return v;
}

int main(int argc, char **argv)
{
	struct driver_item *list;
	size_t n, len, jobs = 0;
	int input = STDIN_FILENO;
	char head[64], *text;
	cpu_set_t cpus;

	(void)argc;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	driver_own_stream();
	driver_bystander();
	driver_find_dir(argv[0]);
	for (int i = 1; argv[i] != NULL; i++) {
		if (strcmp(argv[i], "--dir") == 0 && argv[i + 1] != NULL)
			driver_dir = argv[++i];
		else if (strcmp(argv[i], "--jobs") == 0)
			jobs = (size_t)driver_number_arg("--jobs", argv[++i], 1, JOBS_MAX);
		else if (strcmp(argv[i], "--input") == 0)
			input = (int)driver_number_arg("--input", argv[++i], 0, 65535);
		else
			driver_die("usage: driver [--dir DIR] [--jobs N] [--input FD] <LIST");
	}
	if (strlen(driver_dir) >= sizeof(driver_self_dir))
		driver_die("the name of the directory is too long");
	if (jobs == 0 && sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		jobs = CPU_COUNT(&cpus) < JOBS_MAX ? (size_t)CPU_COUNT(&cpus) : JOBS_MAX;
	if (jobs == 0)
		jobs = 2;
	driver_find_tty();
	text = driver_read_list(input, &len);
	if (input != STDIN_FILENO)
		close(input);
	list = driver_parse_list(text, len, &n);
	driver_make_inputs();
	driver_null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (driver_null < 0)
		driver_die("/dev/null: %s", strerror(errno));
	driver_null = driver_high(driver_null);
	driver_nbefore = driver_children(driver_before, sizeof(driver_before) / sizeof(driver_before[0]));
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	driver_signals();
	driver_put(head, (size_t)snprintf(head, sizeof(head), "TAP version 14\n1..%zu\n", n));
	driver_put_last(list, n);
	driver_run_all(list, n, jobs);
	kill(driver_beside, SIGKILL);
	waitpid(driver_beside, NULL, 0);
	if (!driver_sweep(NULL, 0, SWEEP_UP))
		driver_die("processes of the probes can't be ended");
	free(list);
	free(text);
	return 0;
}
