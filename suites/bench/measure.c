/* SPDX-License-Identifier: MIT */
/* Programs that are timed. */
#include "bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "replaced.h"
#include "spawn.h"
#include "util.h"

#define STARTS	6 /* as the launcher */
#define CALLS	20000
#define BATCHES 25
#define WAITS	1000

static void exec_cmd(const struct measure_cmd *c, int out) __attribute__((noreturn));
static void exec_cmd(const struct measure_cmd *c, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char *argv[ARRAY_SIZE(c->argv)];

	if (dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(125);
	for (size_t i = 0; i < c->nfd; i++) {
		lseek(c->fd[i], 0, SEEK_SET);
		fcntl(c->fd[i], F_SETFD, 0);
	}
	/* execve promises not to write */
	memcpy(argv, c->argv, sizeof(argv));
	execve(argv[0], argv, c->env);
	dprintf(2, "%s: %s\n", c->argv[0], strerror(errno));
	_exit(125);
}

pid_t measure_start(const struct measure_cmd *c, int *ret_fd)
{
	pid_t parent = getpid(), pid;
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		spawn_die_with(parent);
		exec_cmd(c, p[1]);
	}
	close(p[1]);
	if (pid < 0)
		close(p[0]);
	else
		*ret_fd = p[0];
	return pid < 0 ? -errno : pid;
}

static double run_once(const struct measure_cmd *c, char *text, size_t n, int *ret_status)
{
	double start = spawn_now(), end;
	int fd = -1;
	size_t len = 0;
	ssize_t got;
	pid_t pid = measure_start(c, &fd);

	text[0] = '\0';
	*ret_status = -1;
	if (pid < 0)
		return -1;
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	end = spawn_now();
	/* What little they write fits into the pipe. */
	while (len < n - 1 && (got = read(fd, text + len, n - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	close(fd);
	return WIFEXITED(*ret_status) && WEXITSTATUS(*ret_status) == 0 ? (end - start) * 1000 : -1;
}

/* Bare bwrap gives up where the host replaces what it mounts over; the launcher starts it again. */
static bool is_overtaken(const char *text, struct timespec since)
{
	static char passwd[] = "/etc/passwd", group[] = "/etc/group", hosts[] = "/etc/hosts";
	struct plan_op op[] = {
		{ .type = PLAN_DATA, .stage = PLAN_STAGE_BWRAP, .dst = passwd },
		{ .type = PLAN_DATA, .stage = PLAN_STAGE_BWRAP, .dst = group },
		{ .type = PLAN_DATA, .stage = PLAN_STAGE_BWRAP, .dst = hosts },
	};
	const struct plan covered = { .op = op, .n = ARRAY_SIZE(op) };

	return replaced_find(&covered, text, since) != NULL;
}

double measure_run(const struct measure_cmd *c, char *text, size_t n)
{
	int status = 0;

	for (int i = 1; i <= STARTS; i++) {
		struct timespec since;
		double ms;

		clock_gettime(CLOCK_REALTIME_COARSE, &since);
		ms = run_once(c, text, n, &status);
		if (ms >= 0)
			return ms;
		if (!is_overtaken(text, since))
			break;
	}
	fprintf(stderr, "bench: %s failed (wait status %d): %s\n", c->argv[0], status, text);
	return -1;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double measure_fifth(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 5];
}

static double thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

double measure_getppid(void)
{
	double v[BATCHES];

	for (size_t i = 0; i < BATCHES; i++) {
		double start = thread_ns();

		for (int k = 0; k < CALLS; k++)
			syscall(SYS_getppid);
		v[i] = (thread_ns() - start) / CALLS;
	}
	return measure_fifth(v, BATCHES);
}

/* Wall-clock time, as others do the work meanwhile; *f(arg) may do what it likes with errno. */
static double passing(void (*f)(const char *), const char *arg)
{
	double v[WAITS];

	for (size_t i = 0; i < WAITS; i++) {
		double start = spawn_now();

		f(arg);
		v[i] = (spawn_now() - start) * 1e6;
	}
	return measure_fifth(v, WAITS);
}

static void exec_once(const char *file)
{
	const char *argv[] = { file, "a", "b", NULL };
	char *words[ARRAY_SIZE(argv)], *env[] = { NULL };

	/* execve promises not to write */
	memcpy(words, argv, sizeof(argv));
	execve(file, words, env);
}

double measure_exec(const char *file)
{
	return passing(exec_once, file);
}

/* Of an address that is none: without the filter it is EFAULT. */
static void denied_once(const char *unused)
{
	(void)unused;
	syscall(SYS_mount, 1, 1, 1, 0, 1);
}

double measure_told(void)
{
	return passing(denied_once, NULL);
}

void measure_refused(double *ret_refused, double *ret_allowed)
{
	double refused[BATCHES], allowed[BATCHES];

	for (size_t i = 0; i < BATCHES; i++) {
		double start = thread_ns();

		for (int k = 0; k < CALLS; k++)
			syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0);
		refused[i] = (thread_ns() - start) / CALLS;
		start = thread_ns();
		for (int k = 0; k < CALLS; k++)
			syscall(SYS_ioctl, -1, 0, 0);
		allowed[i] = (thread_ns() - start) / CALLS;
	}
	*ret_refused = measure_fifth(refused, BATCHES);
	*ret_allowed = measure_fifth(allowed, BATCHES);
}

void measure_deny(unsigned n)
{
	static const long calls[] = {
		SYS_mount,
		SYS_umount2,
		SYS_pivot_root,
		SYS_chroot,
		SYS_setns,
		SYS_add_key,
		SYS_keyctl,
		SYS_request_key,
		SYS_swapon,
		SYS_swapoff,
		SYS_reboot,
		SYS_kexec_load,
		SYS_init_module,
		SYS_delete_module,
		SYS_bpf,
		SYS_syslog,
		SYS_acct,
		SYS_sethostname,
		SYS_setdomainname,
		SYS_quotactl,
		SYS_fanotify_init,
		SYS_userfaultfd,
		SYS_perf_event_open,
		SYS_open_by_handle_at,
		SYS_kcmp,
	};
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "x%u", i / (unsigned)ARRAY_SIZE(calls));
		prctl(PR_SET_NAME, name);
		syscall(calls[i % ARRAY_SIZE(calls)], -1, -1, -1, -1, -1);
	}
}

int measure_memfd(int number, const void *data, size_t n)
{
	AUTO_CLOSE int fd = memfd_create("bench", MFD_CLOEXEC);

	if (fd < 0 || (n > 0 && write(fd, data, n) != (ssize_t)n))
		return -EIO;
	number = number == 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 200) : dup3(fd, number, O_CLOEXEC);
	return number < 0 ? -errno : number;
}

/* --- the printed plan */

/* The plan ends with `exec env -i BWRAP "${args[@]}" -- COMMAND 11< <(printf ...) ...`. */
static const char expand[] =
    "exec() { shift 2; printf '%s\\0' \"$@\" >args\n"
    "  for n in $(sed -n 's/^  \\([0-9]*\\)< <(.*/\\1/p' plan); do cat <&$n >data.$n; done; }\n"
    "cd \"$1\" && shift && \"$@\" >plan && . ./plan\n";

/* The bytes of dir/name, NUL-terminated, or NULL; *ret_n without the NUL. */
static char *read_all(const char *dir, const char *name, size_t *ret_n)
{
	AUTO_FREE char *path = xasprintf("%s/%s", dir, name);
	AUTO_FILE FILE *f = fopen(path, "re");
	char *text = xmalloc(1 << 20);

	if (f == NULL) {
		free(text);
		return NULL;
	}
	*ret_n = fread(text, 1, (1 << 20) - 1, f);
	text[*ret_n] = '\0';
	return text;
}

/* bwrap, its options, "--" and a command without arguments. */
static int take_args(const char *dir, struct measure_cmd *ret)
{
	static char number[16];
	static char *text;
	size_t n = 0, from, to;
	int fd;

	free(text);
	text = read_all(dir, "args", &n);
	if (text == NULL || n < 32)
		return -1;
	from = strlen(text) + 1;
	for (to = n - 1; to > from && text[to - 1] != '\0'; to--)
		;
	if (to < from + 3 || !streq(text + to - 3, "--"))
		return -1;
	fd = measure_memfd(0, text + from, to - 3 - from);
	if (fd < 0)
		return -1;
	snprintf(number, sizeof(number), "%d", fd);
	ret->fd[ret->nfd++] = fd;
	ret->argv[0] = text;
	ret->argv[1] = "--args";
	ret->argv[2] = number;
	ret->argv[3] = "--";
	ret->argv[4] = text + to;
	return 0;
}

int measure_plan(const struct measure_cmd *launcher, const char *dir, struct measure_cmd *ret)
{
	static char *no_environment[] = { NULL };
	struct measure_cmd c = { .argv = { "/bin/bash", "-c", expand, "bash", dir }, .env = launcher->env };
	char text[4096];
	size_t n = 5;

	for (size_t i = 0; launcher->argv[i] != NULL; i++)
		c.argv[n++] = launcher->argv[i];
	*ret = (struct measure_cmd){ .env = no_environment };
	if (measure_run(&c, text, sizeof(text)) < 0 || take_args(dir, ret) < 0) {
		fprintf(stderr, "bench: the printed plan can't be expanded\n");
		return -1;
	}
	for (int i = 3; i < 200 && ret->nfd < MEASURE_FDS; i++) {
		AUTO_FREE char *name = xasprintf("data.%d", i);
		AUTO_FREE char *data = read_all(dir, name, &n);

		if (data == NULL)
			continue;
		if (measure_memfd(i, data, n) < 0)
			return -1;
		ret->fd[ret->nfd++] = i;
	}
	return 0;
}
