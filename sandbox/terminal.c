/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mem.h"

/* What a terminal that others may fill as well is given in one write, which must not wait. */
#define SHARED_CHUNK 256

/* What a terminal gives in one read. */
#define READ_MOST 4096

/* The device behind a descriptor, also one that was opened as /dev/tty. 0: no terminal. */
static unsigned device(int fd)
{
	unsigned dev = 0;
	struct stat st;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGDEV, &dev) == 0)
		return dev;
	return fstat(fd, &st) == 0 ? (unsigned)st.st_rdev : 0;
}

/* The same terminal as another open file: O_NONBLOCK would stay with the caller's, which his shell shares. */
static int open_again(int fd)
{
	const int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	AUTO_CLOSE int tty = open("/dev/tty", flags);
	char path[32];

	if (tty >= 0 && device(tty) == device(fd))
		return TAKE_FD(tty);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

/* Not the foreground of a terminal that controls us: its settings are another job's. */
static bool is_ours(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group < 0 || group == getpgrp();
}

/* Somebody reads what the command writes, and has the keyboard: a pager. */
static bool goes_on(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

int terminal_open(struct terminal *t, const int stdio[3], struct diag *d)
{
	unsigned dev = 0;
	int first = -1;

	for (int i = 0; i < 3; i++) {
		unsigned this = device(stdio[i]);

		if (this == 0 || (dev != 0 && this != dev))
			continue;
		dev = this;
		t->mask |= 1u << i;
		if (first < 0)
			first = stdio[i];
	}
	if (t->mask == 0)
		return 0;
	t->host = open_again(first);
	t->own_file = t->host >= 0;
	if (t->host < 0)
		t->host = fcntl(first, F_DUPFD_CLOEXEC, 3);
	if (t->host < 0 || tcgetattr(t->host, &t->saved) < 0)
		return diag_errno(d, -errno, "the terminal");
	t->foreground = (t->mask & 1) != 0 && !goes_on(stdio[1]) && is_ours(t->host);
	t->raw = t->saved;
	cfmakeraw(&t->raw);
	t->shared = mmap(NULL, sizeof(*t->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->shared == MAP_FAILED) {
		t->shared = NULL;
		return diag_errno(d, -errno, "mmap");
	}
	return 0;
}

void terminal_allow(struct terminal *t, uint32_t allow, enum escape_charset charset)
{
	t->escape.allow = allow;
	t->escape.utf8 = charset == ESCAPE_UTF8 || (charset == ESCAPE_ASK && (t->saved.c_iflag & IUTF8) != 0);
}

int terminal_attach(struct terminal *t, int master, struct diag *d)
{
	unsigned number;
	int flags;

	t->master = master;
	/* Only a master answers; anything else would be a hole in what init may send. */
	if (ioctl(master, TIOCGPTN, &number) < 0)
		return diag_set(d, -EPROTO, "init's terminal is none");
	flags = fcntl(master, F_GETFL);
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(master, F_SETFD, FD_CLOEXEC) < 0 || tcsetattr(master, TCSANOW, &t->saved) < 0)
		return diag_errno(d, -errno, "the terminal of the sandbox");
	terminal_resize(t);
	return 0;
}

void terminal_resize(struct terminal *t)
{
	struct winsize size;

	if (t->host >= 0 && t->master >= 0 && ioctl(t->host, TIOCGWINSZ, &size) == 0)
		ioctl(t->master, TIOCSWINSZ, &size);
}

bool terminal_is_ours(const struct terminal *t)
{
	return t->host >= 0 && is_ours(t->host);
}

bool terminal_is_job(const struct terminal *t)
{
	return t->host >= 0 && tcgetpgrp(t->host) >= 0;
}

bool terminal_take(struct terminal *t)
{
	if (!terminal_is_ours(t))
		return false;
	/* First the word, then the deed: a death in between must find the keeper ready. */
	t->shared->raw = true;
	tcsetattr(t->host, TCSANOW, &t->raw);
	return true;
}

void terminal_give_back(struct terminal *t)
{
	if (t->shared == NULL || !t->shared->raw)
		return;
	if (t->host >= 0)
		tcsetattr(t->host, TCSANOW, &t->saved);
	t->shared->raw = false;
}

/* The caller's terminal is gone: so is the box's, which tells its processes. */
static void hang_up(struct terminal *t)
{
	t->hung_up = true;
	t->shared->raw = false;
	mem_close_fd(&t->host);
	mem_close_fd(&t->master);
}

static bool again(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void send_keys(struct terminal *t)
{
	ssize_t n = write(t->master, t->keys + t->sent_keys, t->nkeys - t->sent_keys);

	if (n > 0)
		t->sent_keys += (size_t)n;
	else if (!again(n))
		t->sent_keys = t->nkeys;
	if (t->sent_keys == t->nkeys)
		t->sent_keys = t->nkeys = 0;
}

/* False: nothing could be written. */
static bool send_out(struct terminal *t)
{
	size_t left = t->nout - t->sent_out;
	struct pollfd p = { t->host, POLLOUT, 0 };
	ssize_t n;

	if (left == 0)
		return true;
	if (!t->own_file && left > SHARED_CHUNK)
		left = SHARED_CHUNK;
	if (!t->own_file && poll(&p, 1, 0) == 0)
		return false;
	n = write(t->host, t->out + t->sent_out, left);
	if (again(n))
		return false;
	/* A terminal that is gone says so when it is read as well. */
	t->sent_out = n > 0 ? t->sent_out + (size_t)n : t->nout;
	if (t->sent_out == t->nout)
		t->sent_out = t->nout = 0;
	return true;
}

/* What the box has written, until there is no more or the buffer is full. False: there was nothing. */
static bool take_out(struct terminal *t)
{
	size_t have = 0, before = 0;

	while (sizeof(t->in) - have >= READ_MOST) {
		ssize_t n = read(t->master, t->in + have, sizeof(t->in) - have);

		if (n > 0) {
			have += (size_t)n;
			continue;
		}
		/* Who writes so much writes more: let him, or each piece costs a change of processes on both sides. */
		if (again(n) && have - before >= READ_MOST / 2) {
			before = have;
			sched_yield();
			continue;
		}
		/* EIO: nobody has the other side any more. */
		if (!again(n))
			mem_close_fd(&t->master);
		break;
	}
	if (have == 0)
		return false;
	t->nout = escape_filter(&t->escape, t->in, have, t->out);
	t->sent_out = 0;
	t->shared->set = t->escape.set;
	return true;
}

static void host_ready(void *arg, short events)
{
	struct terminal *t = arg;
	ssize_t n;

	if (t->host >= 0 && (events & POLLOUT) != 0 && send_out(t) && t->nout > 0) {
		sched_yield();
		send_out(t);
	}
	if (t->host >= 0 && (events & POLLIN) != 0 && t->nkeys == 0) {
		n = read(t->host, t->keys, sizeof(t->keys));
		if (n > 0)
			t->nkeys = (size_t)n;
		else if (!again(n))
			events |= POLLHUP;
		if (t->nkeys > 0 && t->master >= 0)
			send_keys(t);
	}
	if (t->host >= 0 && (events & (POLLHUP | POLLERR | POLLNVAL)) != 0)
		hang_up(t);
}

static void master_ready(void *arg, short events)
{
	struct terminal *t = arg;

	if (t->master >= 0 && (events & POLLOUT) != 0 && t->nkeys > 0)
		send_keys(t);
	if (t->master >= 0 && (events & (POLLIN | POLLHUP)) != 0 && t->nout == 0 && take_out(t) &&
	    t->host >= 0)
		send_out(t);
}

void terminal_add(struct terminal *t, struct loop *l)
{
	t->row_host = loop_add(l, host_ready, t);
	t->row_master = loop_add(l, master_ready, t);
}

void terminal_watch(struct terminal *t, struct loop *l)
{
	bool keys = t->shared != NULL && t->shared->raw && t->master >= 0;
	short host = 0, master = 0;

	if (t->nout > 0)
		host |= POLLOUT;
	else
		master |= POLLIN;
	if (t->nkeys > 0)
		master |= POLLOUT;
	else if (keys)
		host |= POLLIN;
	loop_watch(l, t->row_host, t->host, host);
	loop_watch(l, t->row_master, t->master, master);
}

bool terminal_drain(struct terminal *t)
{
	if (t->mask == 0 || t->host < 0)
		return true;
	do
		while (t->nout > 0)
			if (!send_out(t))
				return false;
	while (t->master >= 0 && take_out(t));
	return true;
}

void terminal_rescue(const struct terminal *t, int host)
{
	struct termios now;
	char back[ESCAPE_END_MAX];
	size_t n;

	/* The caller's shell may have set it meanwhile: then it is no longer what we made of it. */
	if (t->shared == NULL || !t->shared->raw || tcgetattr(host, &now) < 0 ||
	    now.c_lflag != t->raw.c_lflag || now.c_iflag != t->raw.c_iflag || now.c_oflag != t->raw.c_oflag)
		return;
	n = escape_reset(t->shared->set, back);
	if (n > 0 && write(host, back, n) < 0)
		n = 0;
	tcsetattr(host, TCSANOW, &t->saved);
	t->shared->raw = false;
}

void terminal_done(struct terminal *t)
{
	if (t->shared != NULL && t->host >= 0) {
		t->nout = escape_end(&t->escape, t->out);
		t->sent_out = 0;
		send_out(t);
	}
	terminal_give_back(t);
	mem_close_fd(&t->host);
	mem_close_fd(&t->master);
	if (t->shared != NULL)
		munmap(t->shared, sizeof(*t->shared));
	t->shared = NULL;
}
