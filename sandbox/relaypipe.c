/* SPDX-License-Identifier: MIT */
#include "relaypipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mem.h"

enum {
	AT_ONCE = 1 << 20,
	OURS = 32768, /* half of the scratch, which is to see what lies behind that */
};

int relaypipe_open(struct relaypipe *p, int from, int to)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };

	*p = (struct relaypipe){ .edge = epoll_create1(EPOLL_CLOEXEC), .scratch = { -1, -1 } };
	p->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (p->edge < 0 || p->null < 0 || pipe2(p->scratch, O_CLOEXEC) < 0 ||
	    epoll_ctl(p->edge, EPOLL_CTL_ADD, from, &e) < 0)
		return -errno;
	return fcntl(to, F_SETOWN, getpid()) < 0 || fcntl(to, F_SETPIPE_SZ, OURS) < 0 ? -errno : 0;
}

/* Of a pipe, without waiting for what somebody else has read of it. */
static void drop(const struct relaypipe *p, int from, size_t n)
{
	for (ssize_t m = 1; n > 0 && m > 0; n -= m > 0 ? (size_t)m : 0)
		m = splice(from, NULL, p->null, NULL, n, SPLICE_F_NONBLOCK);
}

/* Who is inside may write to ours as well: then less was read than it seems. */
static size_t unread(const struct relaypipe *p, int ours)
{
	int n = 0;

	return ioctl(ours, FIONREAD, &n) < 0 || n < 0 || (size_t)n > p->given ? p->given : (size_t)n;
}

static void drop_what_was_read(struct relaypipe *p, int from, int ours)
{
	size_t left = unread(p, ours);

	drop(p, from, p->given - left);
	p->given = left;
}

/* tee(2) begins at the front of the caller's: what ours has of that is left out. *ret_more: some had no room. */
static ssize_t give_more(struct relaypipe *p, int from, int to, bool *ret_more)
{
	ssize_t n = tee(from, p->scratch[1], AT_ONCE, SPLICE_F_NONBLOCK), m = 0;
	size_t seen = n > 0 ? (size_t)n : 0, more = seen > p->given ? seen - p->given : 0;

	drop(p, p->scratch[0], seen - more);
	if (more > 0)
		m = splice(p->scratch[0], NULL, to, NULL, more, SPLICE_F_NONBLOCK);
	more -= m > 0 ? (size_t)m : 0;
	drop(p, p->scratch[0], more);
	p->given += m > 0 ? (size_t)m : 0;
	*ret_more = more > 0;
	return n < 0 && errno != EAGAIN ? -1 : m > 0 ? m : 0;
}

static bool is_ready(int fd, short events)
{
	struct pollfd f = { fd, events, 0 };

	return poll(&f, 1, 0) > 0 && (f.revents & (events | POLLERR | POLLNVAL)) != 0;
}

/* Each read of ours, that is: the kernel wakes who polls for room where there was none alone. True: it was not so before. */
static bool be_told(struct relaypipe *p, int to, bool on)
{
	int flags = p->told == on ? -1 : fcntl(to, F_GETFL);

	if (flags < 0 || fcntl(to, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC) < 0)
		return false;
	p->told = on;
	return on;
}

/*
 * Of the caller's we hear when a write to it has ended, not when it waits for room: what the box has read is dropped there
 * as soon as it has.
 */
int relaypipe_give(struct relaypipe *p, int from, int to)
{
	size_t given = p->given;
	bool room, ended, more;
	struct epoll_event e;
	int left = 0;
	ssize_t n;

	/* Who reads byte by byte is waited for until nothing is left. */
	if (epoll_wait(p->edge, &e, 1, 0) == 0 && p->waits == RELAYPIPE_COMES && p->given > 0 &&
	    unread(p, to) > 0) {
		errno = EAGAIN;
		return -1;
	}
	room = is_ready(to, POLLOUT);
	ended = is_ready(from, POLLHUP);
	drop_what_was_read(p, from, to);
	n = give_more(p, from, to, &more);
	if (n > 0 || p->given < given)
		p->waits = RELAYPIPE_GOES_ON;
	else
		p->waits = more || !room ? RELAYPIPE_READS : RELAYPIPE_COMES;
	if (n < 0 || (ended && p->waits != RELAYPIPE_GOES_ON && ioctl(from, FIONREAD, &left) == 0 &&
		      (size_t)left <= p->given))
		return 0;
	/* What was read meanwhile is looked for once more. */
	if (p->waits == RELAYPIPE_READS)
		be_told(p, to, false);
	else if (p->waits == RELAYPIPE_COMES && p->given > 0 && be_told(p, to, true))
		p->waits = RELAYPIPE_GOES_ON;
	errno = EAGAIN;
	return p->waits == RELAYPIPE_GOES_ON ? 1 : -1;
}

int relaypipe_waits(const struct relaypipe *p, int to, short *ret_events)
{
	*ret_events = p->waits == RELAYPIPE_COMES ? POLLIN : POLLOUT;
	return p->waits == RELAYPIPE_COMES ? p->edge : p->waits == RELAYPIPE_READS ? to : p->null;
}

void relaypipe_done(struct relaypipe *p, int from, int rest)
{
	drop_what_was_read(p, from, rest);
	mem_close_fd(&p->edge);
	mem_close_fd(&p->null);
	mem_close_fd(&p->scratch[0]);
	mem_close_fd(&p->scratch[1]);
}

ssize_t relaypipe_move(int from, int to, bool *ret_full)
{
	ssize_t n = splice(from, NULL, to, NULL, AT_ONCE, SPLICE_F_NONBLOCK);
	int e = errno;

	*ret_full = n < 0 && e == EAGAIN && is_ready(from, POLLIN);
	errno = e;
	return n;
}
