/* SPDX-License-Identifier: MIT */
/*
 * The budgets: launch, plan, proof, system calls, commands, the security test, memory.
 * Compared with bwrap alone in interleaved pairs, by the ratio of the 20th
 * percentiles: machines are noisy. The gate stands at 1.3 times the goal; what
 * is over it is measured again with twice as many pairs, three times at most,
 * and that is said.
 *
 * usage: bench [--pairs N] [--user UID] [--json | --gate]
 * Started by root everything is measured as UID (default: of nobody), since a
 * box started by root needs more. Beside it: bin/claude-sandbox and libexec/.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"
#include "bench/tty.h"
#include "jsonout.h"
#include "mem.h"
#include "path.h"
#include "spawn.h"
#include "util.h"

#define NOBODY	  61100
#define PATTERNS  100
#define GATE	  1.3
#define MAX_PAIRS 5000
#define ROUNDS	  4

enum form { TABLE, JSON, TAP };

struct row {
	const char *what, *with, *unit;
	double goal; /* of the ratio; without `with` of the value itself */
	double ours, theirs;
	unsigned rounds; /* that it took */
	size_t pairs;	 /* in the last one */
};

static struct row rows[] = {
	{ "launch of /bin/true, proof included", "bwrap on the printed plan", "ms", 1.5, 0, 0, 0, 0 },
	{ "bwrap on the printed plan", "bwrap on one /usr bind", "ms", 1.5, 0, 0, 0, 0 },
	{ "launch with --net filtered", "bwrap on the printed plan", "ms", 2.0, 0, 0, 0, 0 },
	{ "CPU of the proof", NULL, "ms", 0.5, 0, 0, 0, 0 },
	{ "getppid inside", "a one-instruction filter", "ns", 1.05, 0, 0, 0, 0 },
	{ "security test: boxed", NULL, "s", 0.5, 0, 0, 0, 0 },
	{ "security test: all", NULL, "s", 1.0, 0, 0, 0, 0 },
	{ "resident memory of the launcher", NULL, "MB", 4.0, 0, 0, 0, 0 },
	{ "20 MB on a terminal", "a bare pty", "ms", 1 / 0.45, 0, 0, 0, 0 },
	{ "echo of a key, added", NULL, "ms", 1.0, 0, 0, 0, 0 },
	{ "exec with 100 patterns, added", NULL, "us", 80, 0, 0, 0, 0 },
	{ "a refused call that is told", NULL, "us", 80, 0, 0, 0, 0 },
	{ "a refused call that is not told", "an ioctl inside", "ns", 1.1, 0, 0, 0, 0 },
	{ "account of 100 refused calls, added", NULL, "ms", 10, 0, 0, 0, 0 },
	{ "resident memory with both", NULL, "MB", 4.0, 0, 0, 0, 0 },
};

struct bench {
	const char *dir; /* scratch: bin, libexec, home, project, bench */
	size_t pairs;
	char *env[8];
	char *launcher, *project, *self;
	char *patterns, *untold, *nothing; /* configs, and a file that can't be run */
	struct measure_cmd plan;	   /* bwrap alone on the printed plan */
};

static double value(const struct row *r)
{
	return r->with != NULL ? r->ours / r->theirs : r->ours;
}

static bool is_over(const struct row *r)
{
	/* Not a number is over. */
	return !(value(r) <= r->goal * GATE);
}

static struct measure_cmd command(char *const *env, ...) __attribute__((sentinel));
static struct measure_cmd command(char *const *env, ...)
{
	struct measure_cmd c = { .env = env };
	va_list ap;

	va_start(ap, env);
	for (size_t i = 0; i < ARRAY_SIZE(c.argv) - 1 && (c.argv[i] = va_arg(ap, const char *)) != NULL; i++)
		;
	va_end(ap);
	return c;
}

/* The reference: one bind, the usual tmpfs, no filter, no proof. */
static struct measure_cmd reference(const struct bench *b)
{
	/* Where there is no such directory the link leads nowhere. */
	static const char lib64[] = "usr/lib64";

	return command(b->env, b->plan.argv[0], "--unshare-all", "--die-with-parent", "--ro-bind", "/usr",
		       "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink",
		       lib64, lib64 + 3, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs",
		       "/run", "--tmpfs", "/var/tmp", "--tmpfs", strchr(b->env[0], '/'), "/bin/true", NULL);
}

static struct measure_cmd launch(const struct bench *b, const char *option, const char *what)
{
	return command(b->env, b->launcher, "--no-config", "--net", "none", option, b->project, "--", what,
		       NULL);
}

/* --- what is measured: 0, or -1 when it could not be */

/* Each in turn, so that a slow moment meets all of them: n fifths of milliseconds. -1: one could not be measured. */
static int measure_in_turn(const struct bench *b, const struct measure_cmd *c, size_t n, double *fifth)
{
	AUTO_FREE double *ms = xcalloc(n * b->pairs, sizeof(*ms));
	char text[4096];

	for (size_t i = 0; i < b->pairs; i++) {
		for (size_t k = 0; k < n; k++) {
			size_t at = (i + k) % n;

			ms[at * b->pairs + i] = measure_run(&c[at], text, sizeof(text));
			if (ms[at * b->pairs + i] < 0)
				return -1;
		}
	}
	for (size_t k = 0; k < n; k++)
		fifth[k] = measure_fifth(ms + k * b->pairs, b->pairs);
	return 0;
}

/* ours, the plan and the reference */
static int measure_launches(struct bench *b, struct row *r)
{
	const struct measure_cmd c[] = { launch(b, "--quiet", "/bin/true"), b->plan, reference(b) };
	double fifth[ARRAY_SIZE(c)];

	if (measure_in_turn(b, c, ARRAY_SIZE(c), fifth) < 0)
		return -1;
	r[0].ours = fifth[0];
	r[0].theirs = r[1].ours = fifth[1];
	r[1].theirs = fifth[2];
	return 0;
}

/* Apart: the kernel takes down its two namespaces behind it, while the next one starts. */
static int measure_filtered(struct bench *b, struct row *r)
{
	const struct measure_cmd c[] = {
		command(b->env, b->launcher, "--no-config", "--allow-host", "bench.test", "--quiet",
			b->project, "--", "/bin/true", NULL),
		b->plan,
	};
	double fifth[ARRAY_SIZE(c)];

	if (measure_in_turn(b, c, ARRAY_SIZE(c), fifth) < 0)
		return -1;
	r->ours = fifth[0];
	r->theirs = fifth[1];
	return 0;
}

/* The banner tells tenths; the mean of the lower half is finer and as robust. */
static int measure_proof(struct bench *b, struct row *r)
{
	const struct measure_cmd c = launch(b, "-v", "/bin/true");
	size_t n = b->pairs / 4 + 4, half = n / 2;
	AUTO_FREE double *ms = xcalloc(n, sizeof(*ms));
	char text[4096];

	for (size_t i = 0; i < n; i++) {
		const char *at;

		if (measure_run(&c, text, sizeof(text)) < 0)
			return -1;
		at = strstr(text, " checks in ");
		if (at == NULL || sscanf(at, " checks in %lf ms", &ms[i]) != 1)
			return -1;
	}
	measure_fifth(ms, n);
	r->ours = 0;
	for (size_t i = 0; i < half; i++)
		r->ours += ms[i] / (double)half;
	return 0;
}

static int measure_call(struct bench *b, struct row *r)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	AUTO_CLOSE int fd = measure_memfd(0, &allow, sizeof(allow));
	AUTO_FREE char *number = xasprintf("%d", fd);
	struct measure_cmd c[] = {
		command(b->env, b->launcher, "--no-config", "--net", "none", "--quiet", b->project, "--",
			b->self, "--getppid", NULL),
		reference(b),
	};
	size_t n = b->pairs / 8 + 4, last = 0;
	AUTO_FREE double *ns = xcalloc(2 * n, sizeof(*ns));
	char text[4096];
	const char *more[] = { "--seccomp", number,  "--ro-bind", b->project,
			       b->project,  b->self, "--getppid", NULL };

	while (c[1].argv[last + 1] != NULL)
		last++;
	memcpy(&c[1].argv[last], more, sizeof(more));
	c[1].fd[c[1].nfd++] = fd;
	for (size_t i = 0; i < 2 * n; i++)
		if (fd < 0 || measure_run(&c[i % 2], text, sizeof(text)) < 0 ||
		    sscanf(text, "%lf", &ns[i % 2 * n + i / 2]) != 1)
			return -1;
	r->ours = measure_fifth(ns, n);
	r->theirs = measure_fifth(ns + n, n);
	return 0;
}

static int measure_security(struct bench *b, struct row *r)
{
	AUTO_FREE char *path = xasprintf("%s/report.json", b->dir);
	const struct measure_cmd c =
	    command(b->env, b->launcher, "--no-config", "--net", "none", "--security-test", "--format",
		    "json", "--output", path, b->project, NULL);
	size_t n = b->pairs / 40 + 2;
	AUTO_FREE double *boxed = xcalloc(n, sizeof(*boxed));
	AUTO_FREE double *all = xcalloc(n, sizeof(*all));
	AUTO_FREE char *report = xmalloc(1 << 21);

	for (size_t i = 0; i < n; i++) {
		const char *whole, *arm;
		size_t len;
		char text[4096];
		AUTO_FILE FILE *f = NULL;

		/* A finding is the suite's affair; it was said on stderr, and the report is there. */
		unlink(path);
		measure_run(&c, text, sizeof(text));
		f = fopen(path, "re");
		if (f == NULL)
			return -1;
		len = fread(report, 1, (1 << 21) - 1, f);
		report[len] = '\0';
		whole = strstr(report, "\"seconds\":");
		arm = strstr(report, "boxed arm ");
		if (whole == NULL || arm == NULL || sscanf(whole, "\"seconds\":%lf", &all[i]) != 1 ||
		    sscanf(arm, "boxed arm %lf", &boxed[i]) != 1)
			return -1;
	}
	r[0].ours = measure_fifth(boxed, n);
	r[1].ours = measure_fifth(all, n);
	return 0;
}

/* Of the launcher, while a command that has written a byte waits. */
static int resident(const struct measure_cmd *c, struct row *r)
{
	int out = -1, e = -1;
	pid_t pid = measure_start(c, &out);
	AUTO_FREE char *path = xasprintf("/proc/%d/status", (int)pid);
	char line[256];

	/* Its first byte says that everything before the command is over. */
	if (pid > 0 && read(out, line, 1) == 1) {
		AUTO_FILE FILE *f = fopen(path, "re");

		while (f != NULL && fgets(line, sizeof(line), f) != NULL)
			if (sscanf(line, "VmRSS: %lf kB", &r->ours) == 1)
				e = 0;
		r->ours /= 1024;
	}
	if (pid > 0) {
		kill(pid, SIGTERM);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(out);
	}
	return e;
}

static int measure_memory(struct bench *b, struct row *r)
{
	const struct measure_cmd c = command(b->env, b->launcher, "--no-config", "--net", "none", "--quiet",
					     b->project, "--", "/bin/sh", "-c", "echo; exec sleep 60", NULL);

	return resident(&c, r);
}

#define BULK	   20000000
#define BULK_WORDS "head -c 20000000 /dev/zero | tr '\\0' x"
#define ECHO_WORDS "stty raw; echo; exec sleep 60 >/dev/null"

/* What a reader of the caller's terminal gets, in turn with what he gets of a bare one. */
static int measure_terminal(struct bench *b, struct row *r)
{
	const struct measure_cmd c[] = {
		command(b->env, b->launcher, "--no-config", "--net", "none", "--quiet", b->project, "--",
			"/bin/sh", "-c", BULK_WORDS, NULL),
		command(b->env, "/bin/sh", "-c", BULK_WORDS, NULL),
	};
	size_t n = b->pairs / 20 + 4;
	AUTO_FREE double *ms = xcalloc(2 * n, sizeof(*ms));

	for (size_t i = 0; i < 2 * n; i++) {
		ms[i % 2 * n + i / 2] = tty_bulk(&c[i % 2], BULK);
		if (ms[i % 2 * n + i / 2] < 0)
			return -1;
	}
	r->ours = measure_fifth(ms, n);
	r->theirs = measure_fifth(ms + n, n);
	return 0;
}

static int measure_echo(struct bench *b, struct row *r)
{
	const struct measure_cmd c[] = {
		command(b->env, b->launcher, "--no-config", "--net", "none", "--quiet", b->project, "--",
			"/bin/sh", "-c", ECHO_WORDS, NULL),
		command(b->env, "/bin/sh", "-c", ECHO_WORDS, NULL),
	};
	double ms[2];

	if (tty_echo(c, 10 * b->pairs, ms) < 0)
		return -1;
	r->ours = ms[0] - ms[1];
	return 0;
}

/* The session of a config, with bench itself as the command. */
static struct measure_cmd session(const struct bench *b, const char *config, const char *what,
				  const char *more)
{
	return command(b->env, b->launcher, "--config", config, "--net", "none", "--quiet", b->project, "--",
		       b->self, what, more, NULL);
}

/* What n sessions of each print, in turn: the fifths of the first and of the second number of their output. */
static int measure_printed(const struct measure_cmd *c, size_t sessions, size_t n, double *fifth)
{
	AUTO_FREE double *v = xcalloc(2 * sessions * n, sizeof(*v));
	char text[4096];

	for (size_t i = 0; i < sessions * n; i++) {
		size_t k = i % sessions;

		if (measure_run(&c[k], text, sizeof(text)) < 0 ||
		    sscanf(text, "%lf %lf", &v[2 * k * n + i / sessions],
			   &v[(2 * k + 1) * n + i / sessions]) < 1)
			return -1;
	}
	for (size_t k = 0; k < 2 * sessions; k++)
		fifth[k] = measure_fifth(v + k * n, n);
	return 0;
}

static int measure_exec_asked(struct bench *b, struct row *r)
{
	const struct measure_cmd c[] = { session(b, b->patterns, "--exec", b->nothing),
					 session(b, b->untold, "--exec", b->nothing) };
	double fifth[4];

	if (measure_printed(c, ARRAY_SIZE(c), b->pairs / 20 + 3, fifth) < 0)
		return -1;
	r->ours = fifth[0] - fifth[2];
	return 0;
}

static int measure_denied(struct bench *b, struct row *r)
{
	const struct measure_cmd c = session(b, b->patterns, "--refused", NULL);
	const struct measure_cmd told = session(b, b->patterns, "--told", NULL);
	size_t n = b->pairs / 20 + 3;
	double fifth[2];

	if (measure_printed(&told, 1, n, fifth) < 0)
		return -1;
	r[0].ours = fifth[0];
	if (measure_printed(&c, 1, n, fifth) < 0)
		return -1;
	r[1].ours = fifth[0];
	r[1].theirs = fifth[1];
	return 0;
}

/* From the command's last word to the end of the launcher, beside a session that has nothing to say. */
static int measure_account(struct bench *b, struct row *r)
{
	const struct measure_cmd c[] = { session(b, b->patterns, "--deny", "100"),
					 session(b, b->patterns, "--deny", "0") };
	AUTO_FREE double *ms = xcalloc(2 * b->pairs, sizeof(*ms));
	char text[4096];

	for (size_t i = 0; i < 2 * b->pairs; i++) {
		double last, *at = &ms[i % 2 * b->pairs + i / 2];

		if (measure_run(&c[i % 2], text, sizeof(text)) < 0)
			return -1;
		*at = spawn_now();
		if (sscanf(text, "%lf", &last) != 1)
			return -1;
		*at = (*at - last) * 1000;
	}
	r->ours = measure_fifth(ms, b->pairs) - measure_fifth(ms + b->pairs, b->pairs);
	return 0;
}

static int measure_full_memory(struct bench *b, struct row *r)
{
	const struct measure_cmd c = session(b, b->patterns, "--deny-and-wait", "1000");

	return resident(&c, r);
}

static const struct measure {
	int (*measure)(struct bench *b, struct row *r);
	size_t n; /* rows that it fills */
} measures[] = {
	{ measure_launches, 2 }, { measure_filtered, 1 }, { measure_proof, 1 },
	{ measure_call, 1 },	 { measure_security, 2 }, { measure_memory, 1 },
	{ measure_terminal, 1 }, { measure_echo, 1 },	  { measure_exec_asked, 1 },
	{ measure_denied, 2 },	 { measure_account, 1 },  { measure_full_memory, 1 },
};

/* A busy moment of the machine passes; what is slow stays over the gate. */
static int measure_until_good(struct bench *b, const struct measure *m, struct row *r)
{
	size_t pairs = b->pairs;
	bool over = true;

	for (unsigned round = 1; round <= ROUNDS && over; round++) {
		if (m->measure(b, r) < 0) {
			fprintf(stderr, "bench: not measured: %s\n", r->what);
			return -1;
		}
		over = false;
		for (size_t k = 0; k < m->n; k++) {
			r[k].rounds = round;
			r[k].pairs = b->pairs;
			over = over || is_over(&r[k]);
		}
		b->pairs = b->pairs * 2 < MAX_PAIRS ? b->pairs * 2 : MAX_PAIRS;
	}
	b->pairs = pairs;
	return 0;
}

static int measure_all(struct bench *b)
{
	struct measure_cmd printed = command(b->env, b->launcher, "--no-config", "--net", "none", "--dry-run",
					     b->project, "--", "/bin/true", NULL);
	struct row *r = rows;

	if (measure_plan(&printed, b->dir, &b->plan) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(measures); r += measures[i++].n)
		if (measure_until_good(b, &measures[i], r) < 0)
			return -1;
	return 0;
}

/* --- what is printed; true when nothing is over its gate */

static bool print_rows(enum form form)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		const char *unit = r->with != NULL ? "" : r->unit;

		n += is_over(r);
		if (form == JSON) {
			printf("%s\n{\"what\":", i > 0 ? "," : "");
			jsonout_string(stdout, r->what);
			printf(",\"ours\":%.4f,\"unit\":\"%s\",\"compared_with\":", r->ours, r->unit);
			jsonout_string(stdout, r->with);
			if (r->with != NULL)
				printf(",\"theirs\":%.4f,\"ratio\":%.3f", r->theirs, value(r));
			printf(",\"goal\":%.3f,\"gate\":%.3f,\"ok\":%s}", r->goal, r->goal * GATE,
			       is_over(r) ? "false" : "true");
		} else if (form == TAP) {
			printf("%s %zu - %s: %.2f%s%s%s, goal %.2f, gate %.2f", is_over(r) ? "not ok" : "ok",
			       i + 1, r->what, value(r), unit, r->with != NULL ? " x " : "",
			       r->with != NULL ? r->with : "", r->goal, r->goal * GATE);
			if (r->rounds > 1)
				printf(" (measured %u times, %zu pairs in the last)", r->rounds, r->pairs);
			putchar('\n');
		} else {
			printf("%-36s %8.2f %-3s", r->what, r->ours, r->unit);
			if (r->with != NULL)
				printf("%-28s %8.2f %-3s %5.2f", r->with, r->theirs, r->unit, value(r));
			else
				printf("%-46s", "-");
			printf(" %6.2f %6.2f  %s", r->goal, r->goal * GATE,
			       is_over(r)	    ? "over"
			       : value(r) > r->goal ? "ok (above the goal)"
						    : "ok");
			printf(r->rounds > 1 ? ", measured %u times\n" : "\n", r->rounds);
		}
	}
	return n == 0;
}

static bool print_all(const struct bench *b, enum form form, const double load[2])
{
	bool good;

	if (form == JSON)
		printf("{\"schema\":1,\"pairs\":%zu,\"uid\":%u,\"load\":[%.2f,%.2f],\"rows\":[", b->pairs,
		       getuid(), load[0], load[1]);
	else
		printf("%s%zu interleaved pairs, 20th percentiles, uid %u, load %.1f at the beginning, %.1f "
		       "at the end, %ld processors\n",
		       form == TAP ? "# " : "", b->pairs, getuid(), load[0], load[1],
		       sysconf(_SC_NPROCESSORS_ONLN));
	if (form == TABLE)
		printf("\n%-36s %8s    %-28s %8s     %5s %6s %6s\n", "what", "ours", "compared with",
		       "theirs", "ratio", "goal", "gate");
	good = print_rows(form);
	if (form == JSON)
		puts("\n]}");
	else if (form == TAP)
		printf("1..%zu\n", ARRAY_SIZE(rows));
	return good;
}

/* --- set-up */

static int drop(uid_t uid)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

static int write_file(const char *path, const char *text, mode_t mode)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	size_t n = strlen(text);

	return fd < 0 || write(fd, text, n) != (ssize_t)n ? -1 : 0;
}

/* Half of the patterns are whole commands, half have words; none is about what is run. */
static int write_files(struct bench *b)
{
	AUTO_FREE char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return -1;
	fputs("{\"blocked_commands\": [", f);
	for (int i = 0; i < PATTERNS; i++)
		fprintf(f, i % 2 != 0 ? "%s\"bench-%d\"" : "%s\"bench-%d * delete *\"", i > 0 ? ", " : "", i);
	fputs("]}\n", f);
	if (fclose(f) != 0)
		return -1;
	return write_file(b->patterns, text, 0644) < 0 ||
		       write_file(b->untold, "{\"denial_log\": false}\n", 0644) < 0 ||
		       write_file(b->nothing, "nothing\n", 0755) < 0
		   ? -1
		   : 0;
}

struct job {
	const char *dir;
	size_t pairs;
	uid_t uid;
	enum form form;
};

static int worker(void *arg)
{
	const struct job *j = arg;
	struct bench b = { .dir = j->dir, .pairs = j->pairs };
	double load[2] = { 0, 0 };
	bool good;

	b.env[0] = xasprintf("HOME=%s/home", j->dir);
	b.env[1] = xstrdup("PATH=/usr/local/bin:/usr/bin:/bin");
	b.env[2] = xstrdup("LANG=C.UTF-8");
	b.launcher = xasprintf("%s/bin/claude-sandbox", j->dir);
	b.project = xasprintf("%s/project", j->dir);
	b.self = xasprintf("%s/project/bench", j->dir);
	b.patterns = xasprintf("%s/patterns.json", j->dir);
	b.untold = xasprintf("%s/untold.json", j->dir);
	b.nothing = xasprintf("%s/project/nothing", j->dir);
	if (drop(j->uid) < 0)
		return 2;
	if (write_files(&b) < 0) {
		fprintf(stderr, "bench: %s: %s\n", j->dir, strerror(errno));
		return 2;
	}
	getloadavg(&load[0], 1);
	if (measure_all(&b) < 0) {
		if (j->form == TAP)
			puts("Bail out! not everything could be measured");
		fflush(stdout);
		return 2;
	}
	getloadavg(&load[1], 1);
	good = print_all(&b, j->form, load);
	/* Only a gate fails. */
	return fflush(stdout) != 0 ? 2 : j->form == TAP && !good;
}

/* Programs that another build can't change meanwhile, and that the user may see: links, or copies. */
static int prepare_dir(const char *dir, uid_t uid)
{
	static const char script[] =
	    "set -e; exe=$(readlink /proc/$PPID/exe); cd \"$1\"; chmod 755 .\n"
	    "for d in bin libexec; do cp -al \"${exe%/*}/$d\" . 2>/dev/null || cp "
	    "-a \"${exe%/*}/$d\" .; done\n"
	    "mkdir home project; cp \"$exe\" project/bench\n"
	    "[ \"$(id -u)\" != 0 ] || { chown \"$2:$2\" .; chown -R \"$2:$2\" home project; }\n";
	char number[16];
	const char *argv[] = { "/bin/bash", "-c", script, "bash", dir, number, NULL };
	struct measure_cmd c = { .env = environ };
	char text[4096];

	snprintf(number, sizeof(number), "%u", uid);
	memcpy(c.argv, argv, sizeof(argv));
	return measure_run(&c, text, sizeof(text)) < 0 ? -1 : 0;
}

static bool parse(int argc, char **argv, struct job *j)
{
	for (int i = 1; i < argc; i++) {
		char *end = NULL;
		long n = i + 1 < argc ? strtol(argv[i + 1], &end, 10) : 0;
		bool number = end != NULL && end != argv[i + 1] && *end == '\0';

		if (streq(argv[i], "--json"))
			j->form = JSON;
		else if (streq(argv[i], "--gate"))
			j->form = TAP;
		else if (streq(argv[i], "--pairs") && number && n >= 5 && n <= MAX_PAIRS)
			j->pairs = (size_t)atoi(argv[++i]);
		else if (streq(argv[i], "--user") && number && n > 0)
			j->uid = (uid_t)atoi(argv[++i]);
		else
			return false;
	}
	return true;
}

/* Root's scratch directory lies in /var, an ordinary user's in the home: /tmp is fresh inside. */
static int run_job(struct job *j)
{
	const char *home = getenv("HOME");
	AUTO_FREE char *dir = path_join(geteuid() == 0 ? "/var"
					: home != NULL ? home
						       : "/var/tmp",
					".cs-bench.XXXXXX");
	const char *rm[] = { "/bin/rm", "-rf", dir };
	struct measure_cmd clean = { .env = environ };
	struct spawn s = { 0 };
	char text[4096];
	int code = 2;

	if (mkdtemp(dir) == NULL) {
		fprintf(stderr, "bench: %s: %s\n", dir, strerror(errno));
		return 2;
	}
	j->dir = dir;
	if (prepare_dir(dir, j->uid) == 0 && spawn_start(&s, worker, j) == 0) {
		spawn_wait(&s, spawn_now() + 3600);
		code = WIFEXITED(s.status) ? WEXITSTATUS(s.status) : 2;
	}
	memcpy(clean.argv, rm, sizeof(rm));
	if (measure_run(&clean, text, sizeof(text)) < 0)
		code = 2;
	return code;
}

/* What the command of a session is for; true: it was one. */
static bool inside(const char *what, const char *more)
{
	double refused, allowed;

	if (streq(what, "--getppid")) {
		printf("%.2f\n", measure_getppid());
	} else if (streq(what, "--exec")) {
		printf("%.2f\n", measure_exec(more));
	} else if (streq(what, "--told")) {
		printf("%.2f\n", measure_told());
	} else if (streq(what, "--refused")) {
		measure_refused(&refused, &allowed);
		printf("%.2f %.2f\n", refused, allowed);
	} else if (streq(what, "--deny") || streq(what, "--deny-and-wait")) {
		measure_deny((unsigned)strtoul(more, NULL, 10));
		printf("%.6f\n", spawn_now());
		fflush(stdout);
		if (!streq(what, "--deny"))
			sleep(60);
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct job j = { .pairs = 200, .uid = geteuid() == 0 ? NOBODY : geteuid() };

	if (argc >= 2 && inside(argv[1], argc >= 3 ? argv[2] : ""))
		return 0;
	if (!parse(argc, argv, &j)) {
		fprintf(stderr, "usage: bench [--pairs N] [--user UID] [--json | --gate]\n");
		return 2;
	}
	/* The plan's data gets the numbers that the printed plan names. */
	syscall(SYS_close_range, 3u, ~0u, 0u);
	return run_job(&j);
}
