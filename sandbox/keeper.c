/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oldkernel.h"
#include "plan.h"
#include "record.h"
#include "run.h"

#define EXIT_OURS    125
#define KEEPER_LEASH 3
#define KEEPER_TTY   4
#define BWRAP_WRONG  8
#define TASK_EXITING 0x4 /* PF_EXITING, include/linux/sched.h: for flags of /proc/PID/stat */

static void exec_bwrap(struct keeper *k) __attribute__((noreturn));
static void exec_bwrap(struct keeper *k)
{
	static char *const no_environment[] = { NULL };
	int from[RECORD_FD_END] = { 0 }, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char number[16], gate[16], option[] = "--args";
	char *argv[7 + BWRAP_WRONG + 1] = { (char[]){ "bwrap" } };
	size_t n = 1;

	if (k->gate >= 0) {
		argv[n++] = option;
		argv[n++] = gate;
	}
	argv[n++] = option;
	argv[n++] = number;

	for (size_t i = 0; k->wrong != NULL && i < BWRAP_WRONG && k->wrong->bwrap[i] != NULL; i++)
		argv[n++] = (char *)(uintptr_t)k->wrong->bwrap[i];
	argv[n++] = (char[]){ "--" };
	argv[n] = (char[]){ PLAN_INIT };

	/* Ignored by the launcher, it would be so for bwrap. */
	signal(SIGXFSZ, SIG_DFL);
	from[RECORD_FD_SOCKET] = k->sock;
	from[RECORD_FD_RECORD] = k->record;
	from[RECORD_FD_STATUS] = k->status;
	for (int i = 0; i < 3; i++)
		from[RECORD_FD_STDIO + i] = k->stdio[i];
	/* Out of the way of the fixed numbers, then onto them. */
	for (int i = RECORD_FD_SOCKET; i < RECORD_FD_END; i++)
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, BWRAP_FIRST_FD);
	k->args_fd = fcntl(k->args_fd, F_DUPFD_CLOEXEC, BWRAP_FIRST_FD);
	k->gate = k->gate >= 0 ? fcntl(k->gate, F_DUPFD_CLOEXEC, BWRAP_FIRST_FD) : -1;
	k->words = fcntl(k->words, F_DUPFD_CLOEXEC, BWRAP_FIRST_FD);
	null = fcntl(null, F_DUPFD_CLOEXEC, BWRAP_FIRST_FD);
	if (k->close_fds)
		oldkernel_close_range(3, ~0u, true);
	if (k->wrong != NULL && k->wrong->fd > 0)
		fcntl(k->wrong->fd, F_SETFD, 0);
	for (int i = RECORD_FD_SOCKET; i < RECORD_FD_END; i++)
		if (dup2(from[i], i) < 0)
			_exit(EXIT_OURS);
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(k->words, 2) < 0)
		_exit(EXIT_OURS);
	fcntl(k->args_fd, F_SETFD, 0);
	if (k->gate >= 0)
		fcntl(k->gate, F_SETFD, 0);
	for (size_t i = 0; i < k->args->made; i++)
		fcntl(k->args->fd[i], F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", k->args_fd);
	snprintf(gate, sizeof(gate), "%d", k->gate);
	execve(k->bwrap, argv, no_environment);
	dprintf(2, "%s: %s\n", k->bwrap, strerror(errno));
	_exit(EXIT_OURS);
}

/* Nothing that somebody waits for the end of may stay open here. */
static void close_all_but(int keep, int tty)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	/* Out of the way of the fixed numbers, then onto them. */
	keep = fcntl(keep, F_DUPFD, KEEPER_TTY + 1);
	tty = tty >= 0 ? fcntl(tty, F_DUPFD, KEEPER_TTY + 1) : null;
	dup2(keep, KEEPER_LEASH);
	dup2(tty, KEEPER_TTY);
	oldkernel_close_range(KEEPER_TTY + 1, ~0u, false);
}

/*
 * A bwrap that is killed before it has let its child go leaves one behind that waits for it for ever. It is ours by now
 * (see PR_SET_CHILD_SUBREAPER), and PID 1 of all that it has started.
 */
static void end_orphans(void)
{
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[256] = "";
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	for (char *s = text, *end; n > 0; s = end) {
		long pid = strtol(s, &end, 10);

		if (end == s)
			break;
		if (kill((pid_t)pid, SIGKILL) == 0)
			while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
				;
	}
}

/*
 * A launcher that is killed lets go of its end of the box's terminal, and so of the box, before or after its end of the
 * leash: the kernel closes a dying process's files in no promised order. Its flags tell of its end before any of that.
 */
static bool launcher_is_gone(pid_t launcher)
{
	struct pollfd leash = { KEEPER_LEASH, POLLIN, 0 };
	char path[32], text[512];
	const char *s;
	unsigned flags;
	ssize_t n;
	int fd;

	if (getppid() != launcher || poll(&leash, 1, 0) > 0)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)launcher);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (n < 0)
		return false;
	text[n] = '\0';
	/* proc(5): the name may have any character; the 9th field is flags. */
	s = strrchr(text, ')');
	return s != NULL && sscanf(s + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       (flags & TASK_EXITING) != 0;
}

void keeper_run(struct keeper *k, int leash)
{
	/* The memory is the child's until it is bwrap: it does little, and all else would be copied for nothing. */
	pid_t launcher = getppid(), keeper = getpid(), bwrap = vfork();
	struct pollfd p[2];
	bool up = false, shut = k->gate >= 0;
	int st, n, limit = -1;
	char byte;

	if (bwrap < 0)
		_exit(EXIT_OURS);
	if (bwrap == 0) {
		/* bwrap is asked for the same; one that does not obey, or does so late, leaves nothing behind. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != keeper)
			_exit(EXIT_OURS);
		exec_bwrap(k);
	}
	close_all_but(leash, k->terminal->host);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	p[0] = (struct pollfd){ (int)syscall(SYS_pidfd_open, bwrap, 0), POLLIN, 0 };
	p[1] = (struct pollfd){ KEEPER_LEASH, POLLIN, 0 };
	/* Whose end can't be seen is ended at once. */
	while (p[0].fd >= 0 && (n = poll(p, 2, limit)) != 0 && p[0].revents == 0) {
		if (n < 0 || p[1].revents == 0)
			continue;
		if (read(KEEPER_LEASH, &byte, 1) == 1) {
			up = !shut;
			shut = false;
			continue;
		}
		/* Shut, it has started nothing that it must let go. */
		if (up || shut)
			break;
		p[1].fd = -1;
		limit = KEEPER_HANDSHAKE_MS;
	}
	if (p[0].revents == 0)
		kill(bwrap, SIGKILL);
	while (waitpid(bwrap, &st, 0) < 0)
		if (errno != EINTR)
			_exit(EXIT_OURS);
	if (WIFSIGNALED(st))
		end_orphans();
	/* The launcher restores the terminal itself, unless it is gone. */
	if (launcher_is_gone(launcher))
		terminal_rescue(k->terminal, KEEPER_TTY);
	_exit(WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st));
}
