/* SPDX-License-Identifier: MIT */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

#define BIG_BYTES   (1 << 20)
#define SMALL_BYTES (1 << 16)
#define ROUNDS	    8

void pump_init(struct pump_pipes *pipes)
{
	*pipes = (struct pump_pipes){ .nfree = PUMP_PIPES };
	/* The last is taken first: the large ones are used before others are made. */
	for (unsigned i = 0; i < PUMP_PIPES; i++)
		pipes->free[i] = (uint8_t)(PUMP_PIPES - 1 - i);
}

static bool make(struct pump_pipes *pipes, int i)
{
	if (pipe2(pipes->fd[i], O_CLOEXEC | O_NONBLOCK) < 0) {
		pipes->fd[i][0] = pipes->fd[i][1] = 0;
		return false;
	}
	/* Refused above the user's quota: then it is a small one. */
	if (i < PUMP_BIG)
		fcntl(pipes->fd[i][1], F_SETPIPE_SZ, BIG_BYTES);
	pipes->made++;
	return true;
}

static int take(struct pump_pipes *pipes)
{
	int i;

	if (pipes->nfree == 0)
		return -1;
	i = pipes->free[pipes->nfree - 1];
	if (pipes->fd[i][1] == 0 && !make(pipes, i))
		return -1;
	pipes->nfree--;
	return i;
}

static void give_back(struct pump_pipes *pipes, struct pump *p)
{
	if (p->pipe >= 0)
		pipes->free[pipes->nfree++] = (uint8_t)p->pipe;
	p->pipe = -1;
}

void pump_stop(struct pump_pipes *pipes, struct pump *p)
{
	if (p->held > 0) {
		/* The next user must not get this one's bytes. */
		mem_close_fd(&pipes->fd[p->pipe][0]);
		mem_close_fd(&pipes->fd[p->pipe][1]);
		pipes->fd[p->pipe][0] = pipes->fd[p->pipe][1] = 0;
		pipes->made--;
		p->held = 0;
	}
	give_back(pipes, p);
}

static enum pump_result waiting(enum pump_result result)
{
	return errno == EAGAIN || errno == EINTR ? result : PUMP_ERROR;
}

static enum pump_result end(struct pump *p, int to)
{
	/* ENOTCONN: the other side has gone altogether, and says so itself. */
	if (!p->silent)
		shutdown(to, SHUT_WR);
	p->ended = true;
	return PUMP_END;
}

static void sent(struct pump *p, size_t n)
{
	p->moved += n;
}

static void taken(struct pump *p, size_t n)
{
	if (p->allow != PUMP_UNLIMITED)
		p->allow -= n;
}

/* What is in the pipe goes out. PUMP_MORE: all of it has. */
static enum pump_result flush(struct pump_pipes *pipes, struct pump *p, int to)
{
	while (p->held > 0) {
		ssize_t n =
		    splice(pipes->fd[p->pipe][0], NULL, to, NULL, p->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (n < 0)
			return waiting(PUMP_WRITE);
		p->held -= (size_t)n;
		sent(p, (size_t)n);
	}
	return PUMP_MORE;
}

/* Nothing is taken from the source before the destination has it. */
static enum pump_result copy(struct pump *p, int from, int to, size_t most)
{
	static char buf[SMALL_BYTES];
	ssize_t n = recv(from, buf, most < sizeof(buf) ? most : sizeof(buf), MSG_PEEK | MSG_DONTWAIT), w;

	if (n == 0)
		return end(p, to);
	if (n < 0)
		return waiting(PUMP_READ);
	w = send(to, buf, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (w < 0)
		return waiting(PUMP_WRITE);
	if (recv(from, NULL, (size_t)w, MSG_TRUNC | MSG_DONTWAIT) != w)
		return PUMP_ERROR;
	taken(p, (size_t)w);
	sent(p, (size_t)w);
	return PUMP_MORE;
}

/* One that can't be asked is taken for closed. */
static unsigned char tcp_state(int fd)
{
	unsigned char state = TCP_CLOSE; /* the first byte of tcp_info */
	socklen_t len = sizeof(state);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &len) < 0 ? TCP_CLOSE : state;
}

bool pump_source_ended(int fd)
{
	unsigned char state = tcp_state(fd);

	return state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING ||
	       state == TCP_TIME_WAIT || state == TCP_CLOSE;
}

bool pump_gone(int fd)
{
	return tcp_state(fd) == TCP_CLOSE;
}

enum pump_result pump_move(struct pump_pipes *pipes, struct pump *p, int from, int to)
{
	enum pump_result r = PUMP_MORE;

	if (p->ended)
		return PUMP_END;
	for (int i = 0; i < ROUNDS && r == PUMP_MORE; i++) {
		size_t most = BIG_BYTES;
		ssize_t n;

		r = flush(pipes, p, to);
		if (r != PUMP_MORE)
			break;
		if (p->allow == 0) {
			r = PUMP_SPENT;
			break;
		}
		if (p->allow < most)
			most = (size_t)p->allow;
		if (p->pipe < 0)
			p->pipe = take(pipes);
		if (p->pipe < 0) {
			r = copy(p, from, to, most);
			continue;
		}
		n = splice(from, NULL, pipes->fd[p->pipe][1], NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		if (n > 0) {
			p->held = (size_t)n;
			taken(p, (size_t)n);
		} else {
			r = n == 0 ? end(p, to) : waiting(PUMP_READ);
		}
	}
	if (p->held == 0)
		give_back(pipes, p);
	return r;
}
