/* SPDX-License-Identifier: MIT */
/*
 * init: PID 1 of the box, the last code before the command.
 *
 * Should: tell the launcher which namespaces it is in, wait until the mounts are
 * made, apply the last layers, prove them, start the command on one byte, pass
 * signals on, reap, and end with the command's status. Mustn't: keep a
 * descriptor but stdio while the command runs, be dumpable, or go on when
 * anything is unclear: the exit code is then 125.
 *
 * The kernel drops default actions for PID 1, so signals are taken with
 * sigwaitinfo(2). A signal from the terminal (SI_KERNEL) reaches the command
 * directly, being in the same process group; only others are passed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <time.h>
#include <unistd.h>

#include "landlock.h"
#include "prove.h"
#include "record.h"
#include "util.h"

#define EXIT_OURS	    125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127

static const struct record *rec;
static struct record_status *status;

static void send_report(struct record_report *r)
{
	ssize_t n;

	do
		n = send(RECORD_FD_SOCKET, r, sizeof(*r), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
}

static void fail(const char *step) __attribute__((noreturn));
static void fail(const char *step)
{
	struct record_report r = { .message = RECORD_FAILED, .error = errno };

	snprintf(r.text, sizeof(r.text), "%s", step);
	send_report(&r);
	_exit(EXIT_OURS);
}

/* EOF or any other byte: the launcher is gone or means something else. */
static void wait_for(char byte)
{
	char got = 0;
	ssize_t n;

	do
		n = recv(RECORD_FD_SOCKET, &got, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n != 1 || got != byte)
		_exit(EXIT_OURS);
}

static const char *text_at(uint32_t offset)
{
	return (const char *)rec + offset;
}

static void map_record(void)
{
	struct stat st;
	void *p;

	if (fstat(RECORD_FD_RECORD, &st) < 0 || st.st_size < (off_t)sizeof(struct record))
		fail("reading the record");
	if ((fcntl(RECORD_FD_RECORD, F_GET_SEALS) & F_SEAL_WRITE) == 0)
		fail("the record is not sealed");
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, RECORD_FD_RECORD, 0);
	if (p == MAP_FAILED)
		fail("mapping the record");
	rec = p;
	if (rec->magic != RECORD_MAGIC || rec->size != (uint64_t)st.st_size) {
		errno = EINVAL;
		fail("the record is not of this version");
	}
	close(RECORD_FD_RECORD);
	p = mmap(NULL, sizeof(*status), PROT_READ | PROT_WRITE, MAP_SHARED, RECORD_FD_STATUS, 0);
	if (p == MAP_FAILED)
		fail("mapping the status");
	status = p;
	close(RECORD_FD_STATUS);
}

/* The launcher enters these to make mounts: no other handle on them exists outside. */
static void say_hello(void)
{
	struct record_report hello = { .message = RECORD_HELLO };
	struct iovec iov = { &hello, sizeof(hello) };
	union {
		char buf[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd[2] = { open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC),
		      open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) };

	if (fd[0] < 0 || fd[1] < 0)
		fail("opening /proc/self/ns");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), fd, sizeof(fd));
	if (sendmsg(RECORD_FD_SOCKET, &m, MSG_NOSIGNAL) < 0)
		_exit(EXIT_OURS);
	close(fd[0]);
	close(fd[1]);
}

static void take_stdio(void)
{
	for (int i = 0; i < 3; i++)
		if (dup2(RECORD_FD_STDIO + i, i) < 0)
			fail("stdio");
	for (int i = 0; i < 3; i++)
		close(RECORD_FD_STDIO + i);
	if (fcntl(RECORD_FD_SOCKET, F_SETFD, FD_CLOEXEC) < 0)
		fail("fcntl");
	if (rec->new_session)
		setsid();
}

/* What a command inherits from its caller and no list names: a personality, ignored signals, a mask. */
static void reset_inherited(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	if (personality(PER_LINUX) < 0)
		fail("personality");
}

static void apply_layers(void)
{
	const char *step = "";

	reset_inherited();
	if (rec->core_limit) {
		struct rlimit one = { 1, 1 };

		if (setrlimit(RLIMIT_CORE, &one) < 0)
			fail("limiting core files");
	}
	if (*text_at(rec->cwd) != '\0' && chdir(text_at(rec->cwd)) < 0)
		fail("changing to the project");
	if (rec->nrule > 0 && !landlock_apply(rec, &step))
		fail(step);
	if (rec->nfilter > 0) {
		struct sock_fprog prog = { .len = (unsigned short)rec->nfilter,
					   .filter = (struct sock_filter *)((uintptr_t)rec + rec->filter) };

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
			fail("loading the system call filter");
	}
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void run_proof(void)
{
	struct record_report r = { .message = RECORD_PROVED };
	uint64_t start = cpu_ns();

	if (!rec->skip_proof && !prove(rec, &r))
		r.message = RECORD_MISSED;
	r.cpu_ns = cpu_ns() - start;
	send_report(&r);
	if (r.message == RECORD_MISSED)
		_exit(EXIT_OURS);
}

/* Strings of the record as a NULL-terminated vector. */
static char **vector(uint32_t offset, uint32_t n)
{
	const uint32_t *at = (const uint32_t *)(const void *)((const char *)rec + offset);
	char **v = calloc(n + 1, sizeof(*v));

	if (v == NULL)
		fail("out of memory");
	for (uint32_t i = 0; i < n; i++)
		v[i] = (char *)((uintptr_t)rec + at[i]);
	return v;
}

/* execve(2); a text file without "#!" goes to the shell, as execvp(3) does. Returns the errno. */
static int exec_file(const char *file, char **argv, char **env)
{
	size_t n = 0;
	char **sh;

	execve(file, argv, env);
	if (errno != ENOEXEC)
		return errno;
	while (argv[n] != NULL)
		n++;
	sh = calloc(n + 2, sizeof(*sh));
	if (sh == NULL)
		return ENOMEM;
	sh[0] = (char *)(uintptr_t) "/bin/sh";
	sh[1] = (char *)(uintptr_t)file;
	for (size_t i = 1; i < n; i++)
		sh[i + 1] = argv[i];
	execve(sh[0], sh, env);
	return ENOEXEC;
}

/* As execvp(3), but with the PATH of the box. Returns the errno that decides between 126 and 127. */
static int exec_command(char **argv, char **env)
{
	const char *path = "";
	int error = ENOENT;
	char file[4096];

	if (strchr(argv[0], '/') != NULL)
		return exec_file(argv[0], argv, env);
	for (char **e = env; *e != NULL; e++)
		if (str_starts(*e, "PATH="))
			path = *e + 5;
	while (*path != '\0') {
		const char *end = strchrnul(path, ':');

		/* An empty or relative entry would run what lies in the project. */
		if (*path == '/' && snprintf(file, sizeof(file), "%.*s/%s", (int)(end - path), path,
					     argv[0]) < (int)sizeof(file)) {
			int e = exec_file(file, argv, env);

			if (e == ENOEXEC || e == ETXTBSY || e == E2BIG || e == ENOMEM)
				return e;
			if (e != ENOENT && e != ENOTDIR)
				error = e;
		}
		path = *end != '\0' ? end + 1 : end;
	}
	return error;
}

static void command(void) __attribute__((noreturn));
static void command(void)
{
	struct record_report r = { .message = RECORD_NO_EXEC };
	char **argv = vector(rec->argv, rec->nargv), **env = vector(rec->env, rec->nenv);
	sigset_t none;

	/* What the launcher's caller ignored is his affair. */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	r.error = exec_command(argv, env);
	snprintf(r.text, sizeof(r.text), "%s", argv[0]);
	send_report(&r);
	_exit(r.error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/*
 * A command that stops itself (Ctrl-Z in an editor) must stop the launcher too, or
 * the shell outside never gets its terminal back. The launcher can't see it: it is
 * told, and sends SIGCONT when it goes on.
 */
static void tell_stopped(int sig)
{
	struct record_report r = { .message = RECORD_STOPPED, .error = sig };

	if (!rec->new_session)
		send_report(&r);
}

static void pass_on(pid_t child, int sig)
{
	kill(child, sig);
	/* A stopped command would keep it until somebody continues it. */
	if (sig == SIGTERM || sig == SIGHUP)
		kill(child, SIGCONT);
}

/* Passes signals on and reaps until the command has ended; its exit status. */
static int supervise(pid_t child, const sigset_t *all)
{
	for (;;) {
		siginfo_t info;
		int st, sig = sigwaitinfo(all, &info);
		pid_t pid;

		if (sig < 0)
			continue;
		if (sig != SIGCHLD) {
			if (info.si_code != SI_KERNEL)
				pass_on(child, sig);
			continue;
		}
		while ((pid = waitpid(-1, &st, WNOHANG | WUNTRACED)) > 0) {
			if (pid != child)
				continue;
			if (WIFSTOPPED(st)) {
				tell_stopped(WSTOPSIG(st));
				continue;
			}
			if (WIFEXITED(st))
				return WEXITSTATUS(st);
			status->signal = WTERMSIG(st);
			return 128 + WTERMSIG(st);
		}
	}
}

/* The pipe's other end is gone when the command's exec succeeded, or failed and said so. */
static void tell_started(int exec_pipe)
{
	struct record_report r = { .message = RECORD_STARTED };
	char none;

	while (read(exec_pipe, &none, 1) < 0 && errno == EINTR)
		;
	send_report(&r);
}

int main(void)
{
	int exec_pipe[2];
	sigset_t all;
	pid_t child;

	map_record();
	/* A caller without address randomisation, or with another personality, must not pass that on. */
	personality(0);
	if (rec->non_dumpable && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		fail("PR_SET_DUMPABLE");
	/*
	 * bwrap sets it too. Who was orphaned before sees it from outside: the launcher
	 * hears of bwrap's end, and its own end closes the socket that the hello goes to.
	 */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		fail("PR_SET_PDEATHSIG");
	say_hello();
	wait_for(RECORD_MOUNTED);
	take_stdio();
	prove_unfiltered(rec);
	apply_layers();
	run_proof();
	wait_for(RECORD_GO);
	if (rec->skip_command)
		return 0;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (pipe2(exec_pipe, O_CLOEXEC) < 0)
		fail("pipe2");
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0)
		command();
	close(exec_pipe[1]);
	if (rec->new_session)
		close(RECORD_FD_SOCKET);
	else
		tell_started(exec_pipe[0]);
	close(exec_pipe[0]);
	return supervise(child, &all);
}
