/* SPDX-License-Identifier: MIT */
/*
 * The shared part of every probe: inputs, raw system calls, children with a
 * deadline, and the one TAP test on stdout. It must not judge: what an
 * observation means stands in MANIFEST.
 *
 * The body runs in a child of its own, so that a filter that kills is one
 * observation and not a dead probe.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
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

#define INPUT_FD  3
#define INPUT_MAX (256 * 1024)

static char *probe_inputs; /* NAME=VALUE\0NAME=VALUE\0\0; NULL: environment */

/* --- raw system calls --- */

#if defined(__x86_64__)
static long probe_syscall6(long nr, const long a[6])
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
static long probe_syscall6(long nr, const long a[6])
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a[0];
	register long x1 __asm__("x1") = a[1];
	register long x2 __asm__("x2") = a[2];
	register long x3 __asm__("x3") = a[3];
	register long x4 __asm__("x4") = a[4];
	register long x5 __asm__("x5") = a[5];

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "probes know the system call convention of x86_64 and aarch64 only"
#endif

long probe_sys(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return probe_syscall6(nr, a);
}

/* --- inputs --- */

/*
 * Reads the driver's inputs from fd 3 and closes it. Only a sealed memfd or a
 * pipe is the driver's; any other file there was inherited, and a probe that
 * looks for inherited files must find it.
 */
static void probe_inputs_load(void)
{
	struct stat st;
	size_t n = 0;
	char *buf, *end;

	if (fcntl(INPUT_FD, F_GETFD) < 0)
		return;
	if (fcntl(INPUT_FD, F_GET_SEALS) < 0 && (fstat(INPUT_FD, &st) < 0 || !S_ISFIFO(st.st_mode)))
		return;
	buf = mmap(NULL, INPUT_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf == MAP_FAILED)
		return;
	while (n < INPUT_MAX - 2) {
		ssize_t r = pread(INPUT_FD, buf + n, INPUT_MAX - 2 - n, (off_t)n);

		if (r < 0 && errno == ESPIPE)
			r = read(INPUT_FD, buf + n, INPUT_MAX - 2 - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	close(INPUT_FD);
	for (char *p = buf; (end = memchr(p, '\n', (size_t)(buf + n - p))) != NULL; p = end + 1)
		*end = '\0';
	probe_inputs = buf;
}

const char *probe_input(const char *name)
{
	size_t n = strlen(name);

	if (probe_inputs == NULL)
		return getenv(name);
	for (const char *p = probe_inputs; *p != '\0'; p += strlen(p) + 1)
		if (strncmp(p, name, n) == 0 && p[n] == '=')
			return p + n + 1;
	return NULL;
}

long probe_input_long(const char *name)
{
	const char *s = probe_input(name);
	char *end;
	long v;

	if (s == NULL || *s == '\0')
		return -1;
	errno = 0;
	v = strtol(s, &end, 0);
	return errno != 0 || *end != '\0' ? -1 : v;
}

/* --- results --- */

static void probe_fill(struct probe_result *r, enum probe_seen seen, int err, const char *step,
		       const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static void probe_fill(struct probe_result *r, enum probe_seen seen, int err, const char *step,
		       const char *fmt, va_list ap)
{
	memset(r, 0, sizeof(*r));
	r->seen = seen;
	r->err = err;
	snprintf(r->step, sizeof(r->step), "%s", step);
	vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
}

struct probe_result probe_denied(int err, const char *step, const char *fmt, ...)
{
	struct probe_result r;
	va_list ap;

	va_start(ap, fmt);
	probe_fill(&r, PROBE_DENIED, err, step, fmt, ap);
	va_end(ap);
	return r;
}

struct probe_result probe_allowed(const char *step, const char *fmt, ...)
{
	struct probe_result r;
	va_list ap;

	va_start(ap, fmt);
	probe_fill(&r, PROBE_ALLOWED, 0, step, fmt, ap);
	va_end(ap);
	return r;
}

struct probe_result probe_na(const char *fmt, ...)
{
	struct probe_result r;
	va_list ap;

	va_start(ap, fmt);
	probe_fill(&r, PROBE_NA, 0, "", fmt, ap);
	va_end(ap);
	return r;
}

struct probe_result probe_unknown(int err, const char *step, const char *fmt, ...)
{
	struct probe_result r;
	va_list ap;

	va_start(ap, fmt);
	probe_fill(&r, PROBE_UNKNOWN, err, step, fmt, ap);
	va_end(ap);
	return r;
}

struct probe_result probe_calibrated(long r, int calibrated, const char *step)
{
	const char *arm = probe_input("CANARY_ARM");

	if (r >= 0)
		return probe_allowed(step, "the call succeeded (%ld)", r);
	/* Nothing stands before the kernel in the control box: it has no such call. */
	if (r == -ENOSYS && calibrated != ENOSYS && arm != NULL && strcmp(arm, "open") == 0)
		return probe_na("this kernel has no such call");
	if (-r == calibrated) {
		struct probe_result seen = probe_allowed(
		    step, "%s: the kernel itself looked at the arguments", probe_errno_name(calibrated));

		seen.err = calibrated; /* what the suite compares with its table */
		return seen;
	}
	if (calibrated == 0)
		return probe_denied((int)-r, step, "refused");
	return probe_denied((int)-r, step, "%s, an unfiltered kernel says %s", probe_errno_name((int)-r),
			    probe_errno_name(calibrated));
}

/* --- children --- */

struct probe_shared {
	volatile int done;
	struct probe_result result;
};

static long probe_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Waits for the child; false when the deadline (ms, 0: none) passed. wake ends
 * with the child, or earlier when the body closes its files.
 */
static bool probe_wait(pid_t pid, int wake, const struct probe_shared *sh, long deadline, int *status)
{
	long end = probe_now_ms() + deadline;

	for (;;) {
		struct pollfd p = { .fd = wake, .events = POLLIN };
		long left = deadline == 0 ? 20 : end - probe_now_ms();
		pid_t r = waitpid(pid, status, sh->done ? 0 : WNOHANG);

		if (r == pid)
			return true;
		if (r < 0 && errno != EINTR) {
			*status = 0;
			return true;
		}
		if (left <= 0)
			return false;
		if (wake < 0)
			poll(NULL, 0, 1);
		else if (poll(&p, 1, left < 20 ? (int)left : 20) > 0)
			wake = -1;
	}
}

struct probe_result probe_in_child(struct probe_result (*body)(void *), void *arg, int seconds)
{
	struct probe_result r;
	struct probe_shared *sh;
	int wake[2], status = 0;
	bool ended;
	pid_t pid;

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		return probe_unknown(errno, "mmap", "no memory for a child's result");
	if (pipe2(wake, O_CLOEXEC) < 0) {
		r = probe_unknown(errno, "pipe2", "no pipe for a child");
		munmap(sh, sizeof(*sh));
		return r;
	}
	pid = fork();
	if (pid == 0) {
		close(wake[0]);
		sh->result = body(arg);
		sh->done = 1;
		_exit(0);
	}
	if (pid < 0) {
		r = probe_unknown(errno, "fork", "no child");
		close(wake[0]);
		close(wake[1]);
		munmap(sh, sizeof(*sh));
		return r;
	}
	close(wake[1]);
	ended = probe_wait(pid, wake[0], sh, (long)seconds * 1000, &status);
	if (!ended) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	if (sh->done)
		r = sh->result;
	else if (!ended)
		r = probe_unknown(ETIMEDOUT, "child", "no result within %d s", seconds);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		r = probe_denied(ENOSYS, "child", "killed by the system call filter (SIGSYS)");
	else if (WIFSIGNALED(status))
		r = probe_unknown(0, "child", "ended by signal %d", WTERMSIG(status));
	else
		r = probe_unknown(0, "child", "ended without a result");
	close(wake[0]);
	munmap(sh, sizeof(*sh));
	return r;
}

/* --- files --- */

long probe_read_file(const char *path, char *buf, size_t n)
{
	size_t got = 0;
	long r = 0;
	int fd;

	if (n == 0)
		return -EINVAL;
	buf[0] = '\0';
	fd = (int)probe_sys(SYS_openat, (long)AT_FDCWD, path,
			    (long)(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), 0L);
	if (fd < 0)
		return fd;
	while (got < n - 1) {
		r = probe_sys(SYS_read, (long)fd, buf + got, n - 1 - got);
		if (r == -EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	probe_sys(SYS_close, (long)fd);
	buf[got] = '\0';
	return r < 0 && got == 0 ? r : (long)got;
}

bool probe_file_has_canary(const char *path, int *err)
{
	const char *text = probe_input("CANARY_TEXT");
	static char buf[64 * 1024];
	long n;

	if (text == NULL || *text == '\0') {
		*err = ENODATA; /* no text to look for: not a denial, the caller should have said na */
		return false;
	}
	n = probe_read_file(path, buf, sizeof(buf));
	if (n < 0) {
		*err = (int)-n;
		return false;
	}
	*err = 0;
	return memmem(buf, (size_t)n, text, strlen(text)) != NULL;
}

const char *probe_errno_name(int err)
{
	static char other[16];
	const char *s = err == 0 ? "0" : strerrorname_np(err);

	if (s != NULL)
		return s;
	snprintf(other, sizeof(other), "%d", err);
	return other;
}

/* --- output --- */

static size_t probe_quote(char *out, size_t room, const char *s)
{
	size_t n = 0;

	out[n++] = '"';
	for (; *s != '\0' && n + 6 < room; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\') {
			out[n++] = '\\';
			out[n++] = (char)c;
		} else if (c < 0x20 || c >= 0x7f) {
			n += (size_t)snprintf(out + n, room - n, "\\x%02x", c);
		} else {
			out[n++] = (char)c;
		}
	}
	out[n++] = '"';
	out[n] = '\0';
	return n;
}

/* As any program: what is not dumpable can do less, and its denials would mean less. */
static struct probe_result probe_body(void *arg)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)arg;
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	/* Our stdout carries the result. */
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	return probe_run();
}

static int probe_print(const struct probe_result *r)
{
	static const char *const names[] = { "unknown", "denied", "allowed", "na" };
	static const int codes[] = { 2, 0, 1, 4 };
	char out[4096], step[320], detail[1280];
	size_t done = 0;
	int n;

	probe_quote(step, sizeof(step), r->step);
	probe_quote(detail, sizeof(detail), r->detail);
	n = snprintf(out, sizeof(out),
		     "TAP version 14\n1..1\n# %.200s\n%sok 1 - %s%s\n  ---\n  observed: %s\n  errno: %s\n"
		     "  step: %s\n  detail: %s\n  ...\n",
		     probe_title, r->seen == PROBE_DENIED || r->seen == PROBE_NA ? "" : "not ", probe_id,
		     r->seen == PROBE_NA ? " # SKIP" : "", names[r->seen], probe_errno_name(r->err), step,
		     detail);
	while (n > 0 && done < (size_t)n) {
		ssize_t w = write(STDOUT_FILENO, out + done, (size_t)n - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return 2;
		done += (size_t)w;
	}
	return codes[r->seen];
}

static void probe_on_pipe(int sig)
{
	(void)sig; /* only to make the write fail with EPIPE */
}

int main(void)
{
	struct probe_result r;

	/* Other probes have our uid, and would have /proc/PID/fd and mem of whoever prints the result. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* What outlives its parent in the body comes to us, and is not taken for a stray by the driver. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* A handler and not SIG_IGN: a probe that looks for ignored signals must see what it inherited. */
	if (signal(SIGPIPE, probe_on_pipe) == SIG_IGN)
		signal(SIGPIPE, SIG_IGN);
	probe_inputs_load();
	r = probe_in_child(probe_body, NULL, 0);
	if ((unsigned)r.seen > PROBE_NA)
		r = probe_unknown(0, "probe", "no such observation");
	return probe_print(&r);
}
