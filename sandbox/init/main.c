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
#include <sys/ioctl.h>
#include <sys/mman.h>
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
#include "untold.h"
#include "util.h"
#include "whynot.h"

#define EXIT_OURS	    125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127
#define SIGNALS		    64	      /* of the kernel */
#define WAIT_KILLABLE_RECV  (1u << 5) /* SECCOMP_FILTER_FLAG_ of that name */

static const struct record *rec;
static struct record_status *status;
static int terminal = -1; /* the box's own */
static bool stopped;	  /* the command */

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

/* A pty of this box, whose master the launcher gets; the other side is ours until stdio is taken. */
static int open_terminal(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		fail("opening /dev/ptmx");
	terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		fail("opening the terminal of the sandbox");
	return master;
}

/* A message that carries descriptors. */
static void send_with(struct record_report *r, const int *fd, size_t n)
{
	struct iovec iov = { r, sizeof(*r) };
	union {
		char buf[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = u.buf,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fd, n * sizeof(int));
	if (sendmsg(RECORD_FD_SOCKET, &m, MSG_NOSIGNAL) < 0)
		_exit(EXIT_OURS);
}

/* The launcher enters these to make mounts: no other handle on them exists outside. */
static void say_hello(void)
{
	struct record_report hello = { .message = RECORD_HELLO };
	int fd[3] = { open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC),
		      open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), -1 };

	if (fd[0] < 0 || fd[1] < 0)
		fail("opening /proc/self/ns");
	if (rec->terminals != 0)
		fd[2] = open_terminal();
	send_with(&hello, fd, rec->terminals != 0 ? 3 : 2);
	close(fd[0]);
	close(fd[1]);
	if (fd[2] >= 0)
		close(fd[2]);
}

static void take_stdio(void)
{
	for (int i = 0; i < 3; i++)
		if (dup2((rec->terminals >> i & 1) != 0 ? terminal : RECORD_FD_STDIO + i, i) < 0)
			fail("stdio");
	for (int i = 0; i < 3; i++)
		close(RECORD_FD_STDIO + i);
	if (fcntl(RECORD_FD_SOCKET, F_SETFD, FD_CLOEXEC) < 0)
		fail("fcntl");
	if (rec->new_session)
		setsid();
	if (terminal < 0)
		return;
	if (ioctl(terminal, TIOCSCTTY, 0) < 0)
		fail("taking the terminal of the sandbox");
	close(terminal);
	for (terminal = 0; (rec->terminals >> terminal & 1) == 0; terminal++)
		;
}

/*
 * What a command inherits from its caller and no list names: a personality, ignored signals, a mask. The call
 * itself, since a C library leaves out the signals that it keeps for its threads: all zero is SIG_DFL.
 */
static void reset_inherited(void)
{
	static const unsigned long standard[8];

	for (int sig = 1; sig <= SIGNALS; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && syscall(SYS_rt_sigaction, sig, standard, NULL, 8) < 0)
			fail("sigaction");
	if (personality(PER_LINUX) < 0)
		fail("personality");
	umask((mode_t)rec->umask);
}

/* Nobody can be told: what would have been is refused at once. */
static void load_untold(const struct sock_fprog *prog, int error)
{
	struct record_report r = { .message = RECORD_LISTENER, .error = error };
	struct sock_fprog own = { .len = prog->len, .filter = calloc(prog->len, sizeof(*prog->filter)) };

	if (own.filter == NULL)
		fail("out of memory");
	memcpy(own.filter, prog->filter, prog->len * sizeof(*prog->filter));
	untold_program(own.filter, own.len);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &own) < 0)
		fail("loading the system call filter");
	free(own.filter);
	send_report(&r);
}

/*
 * From here on calls wait for the launcher: it gets the listener, and nobody else has one. A signal must not make a
 * waiting call begin anew (Linux 5.19 can say so): one that comes every so often would keep it from ever ending.
 */
static void load_and_give(struct sock_fprog *prog)
{
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | WAIT_KILLABLE_RECV, prog);
	struct record_report r = { .message = RECORD_LISTENER };
	int one;

	if (fd < 0 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, prog);
	if (fd < 0 && rec->listener == RECORD_LISTENER_MAY) {
		load_untold(prog, errno);
		return;
	}
	if (fd < 0)
		fail("loading the system call filter with a listener");
	one = (int)fd;
	send_with(&r, &one, 1);
	close(one);
}

/* The caller's own may be lower. */
static void limit(int resource, uint64_t most, const char *step)
{
	struct rlimit r;

	if (most == 0)
		return;
	if (getrlimit(resource, &r) < 0)
		fail(step);
	r.rlim_max = r.rlim_max > most ? most : r.rlim_max;
	r.rlim_cur = r.rlim_cur > r.rlim_max ? r.rlim_max : r.rlim_cur;
	if (setrlimit(resource, &r) < 0)
		fail(step);
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
	limit(RLIMIT_NOFILE, rec->open_files, "limiting open files");
	limit(RLIMIT_FSIZE, rec->file_size, "limiting the size of files");
	if (*text_at(rec->cwd) != '\0' && chdir(text_at(rec->cwd)) < 0)
		fail("changing to the project");
	if (rec->nrule > 0 && !landlock_apply(rec, &step))
		fail(step);
	if (rec->nfilter > 0) {
		struct sock_fprog prog = { .len = (unsigned short)rec->nfilter,
					   .filter = (struct sock_filter *)((uintptr_t)rec + rec->filter) };

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			fail("loading the system call filter");
		if (rec->listener != RECORD_LISTENER_NONE)
			load_and_give(&prog);
		else if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
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

/*
 * As execvp(3), but with the PATH of the box. Returns the errno that decides between 126 and 127; *why says more of
 * the first file that is there all the same.
 */
static int exec_command(char **argv, char **env, char *why, size_t size)
{
	const char *path = "";
	int error = ENOENT;
	char file[4096];

	if (strchr(argv[0], '/') != NULL) {
		error = exec_file(argv[0], argv, env);
		if (error == ENOENT)
			whynot(argv[0], why, size);
		return error;
	}
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
			if (e == ENOENT && *why == '\0')
				whynot(file, why, size);
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

	if (terminal >= 0) {
		/* A job of its own in this session; signals are still blocked, SIGTTOU too. */
		setpgid(0, 0);
		if (rec->foreground)
			tcsetpgrp(terminal, getpid());
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	r.error = exec_command(argv, env, r.why, sizeof(r.why));
	if (r.error != ENOENT)
		r.why[0] = '\0';
	snprintf(r.text, sizeof(r.text), "%s", argv[0]);
	send_report(&r);
	_exit(r.error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/* The launcher is told more than the start. */
static bool talks(void)
{
	return !rec->new_session || terminal >= 0;
}

/*
 * A command that stops itself (Ctrl-Z in an editor) must stop the launcher too, or
 * the shell outside never gets its terminal back. The launcher can't see it: it is
 * told, and sends SIGCONT when it goes on.
 */
static void tell_stopped(int sig)
{
	struct record_report r = { .message = RECORD_STOPPED, .error = sig };

	if (talks())
		send_report(&r);
}

/* The launcher says whether the command has the keyboard from now on. */
static void go_on(pid_t child)
{
	char where;

	while (recv(RECORD_FD_SOCKET, &where, 1, MSG_DONTWAIT) == 1) {
		/* A job of a shell inside, which is in the foreground, stays there. */
		if (where == RECORD_FORWARD && (stopped || tcgetpgrp(terminal) == getpgrp()))
			tcsetpgrp(terminal, child);
		else if (where == RECORD_BACK && stopped)
			tcsetpgrp(terminal, getpgrp());
	}
	stopped = false;
	kill(-child, SIGCONT);
}

static void pass_on(pid_t child, int sig)
{
	/* What a terminal sends, it sends to all of the job. */
	bool job = terminal >= 0 && (sig == SIGINT || sig == SIGQUIT || sig == SIGTSTP);

	kill(job ? -child : child, sig);
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
			if (sig == SIGCONT && terminal >= 0)
				go_on(child);
			/* On the caller's terminal the command has it as well; ours tells only who leads the session. */
			else if (info.si_code != SI_KERNEL || terminal >= 0)
				pass_on(child, sig);
			continue;
		}
		while ((pid = waitpid(-1, &st, WNOHANG | WUNTRACED)) > 0) {
			if (pid != child)
				continue;
			if (WIFSTOPPED(st)) {
				stopped = true;
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
	int exec_pipe[2], code;
	sigset_t all;
	pid_t child;

	map_record();
	for (uint32_t fd = rec->spare; fd < rec->spare_end; fd++)
		close((int)fd);
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
	/* sigfillset(3) leaves out what the C library keeps for itself. */
	memset(&all, 0xff, sizeof(all));
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (pipe2(exec_pipe, O_CLOEXEC) < 0)
		fail("pipe2");
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0)
		command();
	close(exec_pipe[1]);
	if (talks())
		tell_started(exec_pipe[0]);
	else
		close(RECORD_FD_SOCKET);
	close(exec_pipe[0]);
	code = supervise(child, &all);
	/* As the session's leader our end would hang the terminal up, and what was written last would be lost. */
	if (terminal >= 0)
		ioctl(terminal, TIOCNOTTY);
	return code;
}
