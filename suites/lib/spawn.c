/* SPDX-License-Identifier: MIT */
/* Child processes with a deadline. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

#define SPAWN_OUTS 8

double spawn_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int spawn_ms(double end)
{
	double left = (end - spawn_now()) * 1000 + 1;

	return left <= 0 ? 0 : left > 1e6 ? 1000000 : (int)left;
}

void spawn_die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(125);
}

int spawn_start(struct spawn *s, int (*body)(void *arg), void *arg)
{
	pid_t parent = getpid();

	*s = (struct spawn){ 0 };
	fflush(NULL);
	s->pid = fork();
	if (s->pid < 0) {
		s->pid = 0;
		return -errno;
	}
	if (s->pid == 0) {
		spawn_die_with(parent);
		_exit(body(arg));
	}
	return 0;
}

/* Waits for the end without reaping; false when time is up. */
static bool spawn_ended(pid_t pid, double end)
{
	AUTO_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	siginfo_t si = { 0 };

	for (;;) {
		int ms = spawn_ms(end);

		if (waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == pid)
			return true;
		if (ms == 0)
			return false;
		poll(&p, 1, pidfd >= 0 ? ms : ms > 2 ? 2 : ms);
	}
}

bool spawn_wait(struct spawn *s, double end)
{
	if (s->pid == 0)
		return false;
	if (!spawn_ended(s->pid, end)) {
		s->late = true;
		kill(s->pid, SIGKILL);
	}
	while (waitpid(s->pid, &s->status, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
	return !s->late && WIFEXITED(s->status) && WEXITSTATUS(s->status) == 0;
}

void spawn_kill(struct spawn *s)
{
	if (s->pid == 0)
		return;
	kill(s->pid, SIGKILL);
	while (waitpid(s->pid, &s->status, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
}

#define SPAWN_COMM 15 /* bytes that the kernel keeps of a name: TASK_COMM_LEN - 1 */

static bool spawn_is_called(pid_t pid, const char *name)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/comm", pid);
	AUTO_FILE FILE *f = fopen(path, "re");
	char comm[16] = "";

	return f != NULL && fgets(comm, sizeof(comm), f) != NULL &&
	       strncmp(comm, name, strcspn(comm, "\n")) == 0;
}

/* The first child in the kernel's list, or the first so called. 0: there is none, or nobody can tell. */
static pid_t spawn_any_child(const char *name)
{
	AUTO_FREE char *path = xasprintf("/proc/self/task/%d/children", getpid());
	AUTO_FILE FILE *f = fopen(path, "re");
	int pid;

	while (f != NULL && fscanf(f, "%d", &pid) == 1 && pid > 1)
		if (name == NULL || spawn_is_called(pid, name))
			return pid;
	return 0;
}

/* Whether there is a child still, behind those that have ended. */
static bool spawn_has_child(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == 0;
}

bool spawn_gone(double end)
{
	for (pid_t pid; spawn_has_child();) {
		if (spawn_now() >= end)
			return false;
		pid = spawn_any_child(NULL);
		if (pid == 0)
			poll(NULL, 0, 1);
		else
			spawn_ended(pid, end);
	}
	return true;
}

bool spawn_has_called(const char *name)
{
	return spawn_any_child(name) != 0;
}

bool spawn_sweep(double end)
{
	while (spawn_now() < end) {
		pid_t pid;

		if (!spawn_has_child())
			return true;
		pid = spawn_any_child(NULL);
		if (pid == 0 || kill(pid, SIGKILL) < 0)
			poll(NULL, 0, 1);
		else if (spawn_ended(pid, end))
			waitpid(pid, NULL, WNOHANG);
	}
	return false;
}

int spawn_pipe(struct spawn_out *out, size_t max)
{
	int p[2];

	*out = (struct spawn_out){ .fd = -1 };
	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	*out = (struct spawn_out){ .fd = p[0], .buf = xcalloc(1, max + 1), .max = max };
	return p[1];
}

int spawn_feed(const char *text, size_t len)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	if (len > 65536)
		fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	if (write(p[1], text, len) != (ssize_t)len) {
		close(p[0]);
		close(p[1]);
		return -E2BIG;
	}
	close(p[1]);
	return p[0];
}

/* One read; closes at the end, on an error and when too much came. */
static void spawn_read(struct spawn_out *out)
{
	char more;
	ssize_t r =
	    out->n < out->max ? read(out->fd, out->buf + out->n, out->max - out->n) : read(out->fd, &more, 1);

	if (r < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (r > 0 && out->n < out->max) {
		out->n += (size_t)r;
		out->buf[out->n] = '\0';
		return;
	}
	out->flood = r > 0;
	mem_close_fd(&out->fd);
}

bool spawn_drain(struct spawn_out *const *out, size_t n, double end, double idle)
{
	double quiet = spawn_now() + idle;

	for (;;) {
		struct pollfd p[SPAWN_OUTS];
		size_t busy = 0;
		int ms = spawn_ms(quiet < end ? quiet : end);

		for (size_t i = 0; i < n && i < SPAWN_OUTS; i++) {
			p[i] = (struct pollfd){ .fd = out[i]->fd, .events = POLLIN };
			busy += out[i]->fd >= 0;
		}
		if (busy == 0)
			return true;
		if (ms == 0)
			return false;
		if (poll(p, n < SPAWN_OUTS ? n : SPAWN_OUTS, ms) <= 0)
			continue;
		for (size_t i = 0; i < n && i < SPAWN_OUTS; i++) {
			if (out[i]->fd >= 0 && p[i].revents != 0)
				spawn_read(out[i]);
		}
		quiet = spawn_now() + idle;
	}
}

void spawn_out_done(struct spawn_out *out)
{
	mem_close_fd(&out->fd);
	free(out->buf);
	*out = (struct spawn_out){ .fd = -1 };
}
