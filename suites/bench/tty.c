/* SPDX-License-Identifier: MIT */
#include "bench/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "spawn.h"

#define WAIT_MS 20000

/* On a terminal of its own; *ret_master is the other side. The pid, or -1. */
static pid_t start(const struct measure_cmd *c, int *ret_master)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	char name[64];
	pid_t pid;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
	    ptsname_r(master, name, sizeof(name)) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		setsid();
		slave = open(name, O_RDWR);
		if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
			_exit(125);
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		execve(c->argv[0], (char *const *)(uintptr_t)c->argv, c->env);
		_exit(125);
	}
	*ret_master = master;
	return pid;
}

static void end(pid_t pid, int master)
{
	close(master);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Bytes that came, 0 at the end or when none comes. */
static size_t take(int master, char *buf, size_t n)
{
	struct pollfd p = { master, POLLIN, 0 };
	ssize_t got = poll(&p, 1, WAIT_MS) > 0 ? read(master, buf, n) : 0;

	return got > 0 ? (size_t)got : 0;
}

double tty_bulk(const struct measure_cmd *c, size_t n)
{
	static char buf[65536];
	double first = 0, last = 0;
	size_t all = 0, got;
	int master = -1;
	pid_t pid = start(c, &master);

	while (pid > 0 && (got = take(master, buf, sizeof(buf))) > 0) {
		last = spawn_now();
		if (all == 0)
			first = last;
		all += got;
	}
	end(pid, master);
	return all >= n ? (last - first) * 1000 : -1;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int tty_echo(const struct measure_cmd c[2], size_t keys, double ret[2])
{
	AUTO_FREE double *ms = xcalloc(2 * keys, sizeof(*ms));
	int master[2] = { -1, -1 };
	pid_t pid[2];
	char buf[4096];
	int e = 0;

	for (int k = 0; k < 2; k++) {
		pid[k] = start(&c[k], &master[k]);
		if (pid[k] < 0 || take(master[k], buf, sizeof(buf)) == 0)
			e = -1;
	}
	for (size_t i = 0; i < 2 * keys && e == 0; i++) {
		double now = spawn_now();

		if (write(master[i % 2], "k", 1) != 1 || take(master[i % 2], buf, sizeof(buf)) == 0)
			e = -1;
		ms[i % 2 * keys + i / 2] = (spawn_now() - now) * 1000;
	}
	for (int k = 0; k < 2; k++) {
		qsort(ms + (size_t)k * keys, keys, sizeof(*ms), by_value);
		ret[k] = ms[(size_t)k * keys + keys / 2];
		end(pid[k], master[k]);
	}
	return e;
}
