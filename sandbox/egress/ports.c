/* SPDX-License-Identifier: MIT */
#include "ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress/confine.h"
#include "egress/conn.h"
#include "egress/listen.h"
#include "egress/tell.h"
#include "mem.h"
#include "util.h"

#define AT_ONCE	     64
#define BACKLOG	     512
#define LOOK_S	     2
#define STATE_LISTEN 10 /* of the kernel's TCP; its header does not go with netinet/tcp.h */

/* --- listeners */

static int listen_at(int family, uint16_t port)
{
	struct sockaddr_in four = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	AUTO_CLOSE int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, r;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return -errno;
	r = gateway_inherited(fd);
	if (r < 0)
		return r;
	if (bind(fd, family == AF_INET ? (const struct sockaddr *)&four : (const struct sockaddr *)&six,
		 family == AF_INET ? sizeof(four) : sizeof(six)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* One port, in both families; a machine without the second has one listener. */
static int listen_both(uint16_t port, int *fd, size_t *n)
{
	int r = listen_at(AF_INET, port);

	if (r < 0)
		return r;
	fd[(*n)++] = r;
	r = listen_at(AF_INET6, port);
	if (r < 0)
		return r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL ? 0 : r;
	fd[(*n)++] = r;
	return 0;
}

/* Below it a port takes privileges; as this namespace has it. */
static unsigned first_for_all(void)
{
	AUTO_FILE FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	unsigned port;

	return f != NULL && fscanf(f, "%u", &port) == 1 ? port : 1024;
}

int ports_publish(struct ports *p, struct diag *d)
{
	for (size_t i = 0; i < p->npublish; i++) {
		int r = listen_both(p->publish[i], p->listener, &p->nlistener);

		if (r == 0)
			continue;
		diag_errno(d, r, "--publish %u: port %u of this machine's loopback", p->publish[i],
			   p->publish[i]);
		if (r == -EACCES)
			diag_try(d,
				 "a port from %u on: the lower ones take privileges "
				 "(sysctl net.ipv4.ip_unprivileged_port_start)",
				 first_for_all());
		else
			diag_try(d, "ss -ltnp 'sport = :%u' shows who has it", p->publish[i]);
		return d->code;
	}
	return 0;
}

int ports_inside(const struct ports *p, struct gateway *g, struct diag *d)
{
	for (size_t i = 0; i < p->nhost; i++) {
		int r = listen_both(p->host[i], g->inside, &g->ninside);

		if (r < 0)
			return diag_errno(d, r, "--host-port %u: port %u of the sandbox's loopback",
					  p->host[i], p->host[i]);
	}
	return 0;
}

/* --- sockets of the box */

/* Waits until there is room. Where there is none for the descriptors, *error goes alone. false: the relay has ended. */
static bool pass_on(int to, struct msghdr *m, char *error)
{
	while (sendmsg(to, m, MSG_NOSIGNAL) < 0) {
		bool many = errno == ETOOMANYREFS;

		if (errno == EINTR)
			continue;
		if (m->msg_control == NULL || (!many && !listen_is_short(errno)))
			return false;
		/* Those of this user that are on their way have the limit that a process has: unix(7). */
		*error = (char)(many ? EMFILE : errno);
		m->msg_control = NULL;
		m->msg_controllen = 0;
	}
	return true;
}

void ports_make_sockets(int to)
{
	struct diag d = { 0 };

	if (confine_maker(&d) < 0)
		_exit(125);
	for (;;) {
		char error = 0;
		struct iovec iov = { &error, 1 };
		union {
			char buf[CMSG_SPACE(PORTS_PAIR * sizeof(int))];
			struct cmsghdr align;
		} u = { 0 };
		/* The second first: errno is the first's. A machine without IPv6 has none. */
		int six = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		int fd[PORTS_PAIR] = { socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), six };
		size_t n = fd[1] >= 0 ? 2 : 1;
		struct msghdr m = { .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = u.buf,
				    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };

		u.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS,
					    .cmsg_len = CMSG_LEN(n * sizeof(int)) };
		memcpy(CMSG_DATA(&u.align), fd, n * sizeof(int));
		if (fd[0] < 0) {
			if (!listen_is_short(errno))
				_exit(125);
			error = (char)errno;
			m.msg_control = NULL;
			m.msg_controllen = 0;
		}
		/* The end of the relay is ours. */
		if (!pass_on(to, &m, &error))
			_exit(125);
		if (fd[0] >= 0)
			close(fd[0]);
		if (fd[1] >= 0)
			close(fd[1]);
	}
}

static void drop_pair(int fd[PORTS_PAIR])
{
	for (int i = 0; i < PORTS_PAIR; i++)
		mem_close_fd(&fd[i]);
}

enum taken {
	TAKEN_ENDED,	/* who makes them has */
	TAKEN_NONE,	/* none is there at the moment */
	TAKEN_FULL,	/* there was one, and here no room for its descriptors: *ret_error */
	TAKEN_NOT_MADE, /* it could not be made: *ret_error */
	TAKEN_PAIR
};

static enum taken take_one(struct egress *e, int fd[PORTS_PAIR], int *ret_error)
{
	char error = 0;
	struct iovec iov = { &error, 1 };
	union {
		char buf[CMSG_SPACE(PORTS_PAIR * sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf)
	};
	ssize_t n = recvmsg(e->ports.stock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;

	fd[0] = fd[1] = -1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return TAKEN_NONE;
	if (n != 1 && !(n < 0 && listen_is_short(errno)))
		return TAKEN_ENDED;
	*ret_error = n < 0 ? errno : error != 0 ? error : EMFILE;
	if (c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len <= CMSG_LEN(PORTS_PAIR * sizeof(int)))
		memcpy(fd, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	/* The kernel leaves out what it has no number for. */
	if (fd[0] >= 0 && (m.msg_flags & MSG_CTRUNC) == 0)
		return TAKEN_PAIR;
	drop_pair(fd);
	return error != 0 ? TAKEN_NOT_MADE : TAKEN_FULL;
}

/* Those that could not be made are passed over: there may be room by now. */
static enum taken take_pair(struct egress *e, int fd[PORTS_PAIR], int *ret_error)
{
	enum taken r = TAKEN_NOT_MADE;

	for (int i = 0; i < AT_ONCE && r == TAKEN_NOT_MADE; i++)
		r = take_one(e, fd, ret_error);
	return r;
}

/* --- in the relay */

static uint16_t port_of(int fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return 0;
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&a)->sin6_port
					     : ((struct sockaddr_in *)(void *)&a)->sin_port);
}

/* The box wants a port of this machine. */
static void on_inside(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	for (int i = 0; i < AT_ONCE; i++) {
		int client = listen_accept(arg, fd, EGRESS_HOST_PORT);

		if (client < 0)
			return;
		conn_begin_port(arg, client, port_of(fd), NULL);
	}
}

static void watch_published(struct egress *e, bool on)
{
	for (size_t i = 0; i < e->ports.nlistener; i++)
		if (on)
			event_add(e->ports.event[i], NULL);
		else
			event_del(e->ports.event[i]);
}

void ports_watch(struct egress *e, bool on)
{
	for (size_t i = 0; i < e->gateway.ninside; i++)
		if (on)
			event_add(e->ports.inside_event[i], NULL);
		else
			event_del(e->ports.inside_event[i]);
	watch_published(e, on);
}

/* Without a maker of sockets nobody can be let in any more: who asks is refused by the kernel. */
static void close_published(struct egress *e)
{
	struct ports *p = &e->ports;

	watch_published(e, false);
	event_del(p->stock_event);
	event_del(p->stock_end);
	for (size_t i = 0; i < p->nlistener; i++)
		mem_close_fd(&p->listener[i]);
	p->nlistener = 0;
	tell(e, EGRESS_LOST, -EPIPE,
	     EGRESS_PUBLISH
	     ": the process that makes sockets inside has ended, and no published port is served any more");
}

static void on_stock(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	watch_published(arg, true);
}

static void on_stock_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	close_published(arg);
}

/* This machine wants a port of the box. Without a socket for that they wait until there is one. */
static void on_published(evutil_socket_t fd, short what, void *arg)
{
	struct egress *e = arg;

	(void)what;
	for (int i = 0; i < AT_ONCE; i++) {
		int pair[PORTS_PAIR], client, error = 0;

		switch (take_pair(e, pair, &error)) {
		case TAKEN_ENDED:
			close_published(e);
			return;
		case TAKEN_NONE:
			watch_published(e, false);
			event_add(e->ports.stock_event, NULL);
			return;
		case TAKEN_FULL:
		case TAKEN_NOT_MADE:
			listen_pause(e, error, EGRESS_PUBLISH);
			return;
		case TAKEN_PAIR:
			break;
		}
		client = listen_accept(e, fd, EGRESS_PUBLISH);
		if (client < 0) {
			drop_pair(pair);
			return;
		}
		conn_begin_port(e, client, port_of(fd), pair);
	}
}

static struct event *new_event(struct egress *e, int fd, short what, event_callback_fn done)
{
	struct event *ev = event_new(e->base, fd, what, done, e);

	if (ev == NULL)
		mem_oom();
	return ev;
}

void ports_begin(struct egress *e, int stock)
{
	struct ports *p = &e->ports;

	p->stock = stock;
	for (size_t i = 0; i < e->gateway.ninside; i++)
		p->inside_event[i] = new_event(e, e->gateway.inside[i], EV_READ | EV_PERSIST, on_inside);
	/* Of those that are not served there is no maker of sockets. */
	if (stock < 0)
		p->nlistener = 0;
	for (size_t i = 0; i < p->nlistener; i++)
		p->event[i] = new_event(e, p->listener[i], EV_READ | EV_PERSIST, on_published);
	ports_watch(e, true);
	if (stock < 0)
		return;
	p->stock_event = new_event(e, stock, EV_READ, on_stock);
	/* Of the other end alone: there is nearly always one more to be read. */
	p->stock_end = new_event(e, stock, EV_CLOSED, on_stock_end);
	event_add(p->stock_end, NULL);
}

/* --- who listens inside */

static bool is_known(const struct ports *p, uint16_t port)
{
	for (size_t i = 0; i < p->nhost; i++)
		if (p->host[i] == port)
			return true;
	for (size_t i = 0; i < p->npublish; i++)
		if (p->publish[i] == port)
			return true;
	for (size_t i = 0; i < p->ntold; i++)
		if (p->told[i] == port)
			return true;
	return false;
}

static void tell_port(struct egress *e, uint16_t port)
{
	struct ports *p = &e->ports;

	/* Its own is there, too. */
	if ((e->gateway.way == GATEWAY_LOOP && port == GATEWAY_LISTENER) || is_known(p, port) ||
	    p->ntold == ARRAY_SIZE(p->told))
		return;
	p->told[p->ntold++] = port;
	tell(e, EGRESS_LISTENS, 0, "%u", port);
}

/* True: there is more to come. */
static bool read_listeners(struct egress *e, int fd)
{
	union {
		char buf[8192];
		struct nlmsghdr align;
	} u;
	ssize_t n = recv(fd, u.buf, sizeof(u.buf), MSG_DONTWAIT);
	struct nlmsghdr *h = &u.align;

	if (n <= 0)
		return false;
	for (size_t left = (size_t)n; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		const struct inet_diag_msg *m = NLMSG_DATA(h);

		if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY && h->nlmsg_len >= NLMSG_LENGTH(sizeof(*m)))
			tell_port(e, ntohs(m->id.idiag_sport));
	}
	return true;
}

void ports_look(struct egress *e)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} ask = { .h = { .nlmsg_len = sizeof(ask),
			 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		  .r = { .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << STATE_LISTEN } };
	int fd = e->gateway.diag;

	if (fd < 0 || e->ports.ntold == ARRAY_SIZE(e->ports.told) || e->ports.seconds++ % LOOK_S != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		ask.r.sdiag_family = families[i];
		/* A hint: a kernel that has no such answer gives none. */
		if (send(fd, &ask, sizeof(ask), MSG_DONTWAIT) != sizeof(ask))
			continue;
		while (read_listeners(e, fd))
			;
	}
}
