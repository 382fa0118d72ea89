/* SPDX-License-Identifier: MIT */
/*
 * Both ends of what ci/bench-egress measures: a server, and clients that time what lies between. A client's line is its
 * figure. Nothing here knows who is in between, but for PROXY, to whom each connection says CONNECT first ("-": nobody).
 *
 * usage: netload serve ADDRESS PORT                           until it is killed; "ready" when it listens
 *        netload bulk PROXY HOST PORT CONNECTIONS BYTES       MB/s of all
 *        netload echo PROXY HOST PORT CONNECTIONS ROUNDS      microseconds, the median of 64 bytes there and back
 *        netload open PROXY HOST PORT COUNT                   connections a second, one after the other, four bytes on each
 *        netload hold PROXY HOST PORT COUNT                   how many are open at the same time; held until a byte of stdin
 *        netload dns ADDRESS NAME COUNT                       microseconds, the median of a question
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

#define ROUND	64
#define CHUNK	(1 << 17)
#define WAIT_MS 60000 /* nothing moves at all: not measured */

static void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void fail(const char *fmt, ...)
{
	va_list ap;

	fputs("netload: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static void no_delay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static unsigned long number(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (end == s || *end != '\0' || n == 0)
		fail("%s: not a number above zero", s);
	return n;
}

static void all_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* --- the server: 'e' and then what comes goes back; 'b' and eight bytes, a number: so many bytes come */

struct peer {
	int fd; /* owned; -1: the listener's place is free */
	char kind;
	uint8_t head[9];
	size_t have;
	uint64_t left;
};

static char chunk[CHUNK];

/* False: it is over. */
static bool send_bulk(int poll, struct peer *p)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT, .data.ptr = p };

	while (p->left > 0) {
		ssize_t n =
		    send(p->fd, chunk, p->left < CHUNK ? p->left : CHUNK, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return epoll_ctl(poll, EPOLL_CTL_MOD, p->fd, &e) == 0;
		if (n < 0)
			return false;
		p->left -= (uint64_t)n;
	}
	e.events = EPOLLIN;
	return epoll_ctl(poll, EPOLL_CTL_MOD, p->fd, &e) == 0;
}

static bool serve_peer(int poll, struct peer *p)
{
	char buf[4096], *at = buf;
	ssize_t n = recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return p->left == 0 || send_bulk(poll, p);
	if (n <= 0)
		return false;
	if (p->kind == 0) {
		p->kind = buf[0];
		at++;
		n--;
	}
	if (p->kind == 'e') /* 64 bytes at a time always find room */
		return n == 0 || send(p->fd, at, (size_t)n, MSG_NOSIGNAL) == n;
	for (; n > 0 && p->have < 8; n--)
		p->head[p->have++] = (uint8_t)*at++;
	if (p->have == 8) {
		memcpy(&p->left, p->head, 8);
		return send_bulk(poll, p);
	}
	return true;
}

static int serve(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)number(port)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), poll = epoll_create1(EPOLL_CLOEXEC), one = 1;
	struct epoll_event e = { .events = EPOLLIN }, got[256];

	all_descriptors();
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 || listen(fd, 4096) < 0 ||
	    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e) < 0)
		fail("%s port %s: %s", address, port, strerror(errno));
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(poll, got, ARRAY_SIZE(got), -1);

		for (int i = 0; i < n; i++) {
			struct peer *p = got[i].data.ptr;

			if (p == NULL) {
				int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

				if (c < 0)
					continue;
				no_delay(c);
				p = xcalloc(1, sizeof(*p));
				p->fd = c;
				e = (struct epoll_event){ .events = EPOLLIN, .data.ptr = p };
				if (epoll_ctl(poll, EPOLL_CTL_ADD, c, &e) < 0)
					fail("epoll: %s", strerror(errno));
			} else if (!serve_peer(poll, p)) {
				close(p->fd);
				free(p);
			}
		}
	}
}

/* --- the clients */

struct way {
	const char *proxy, *host, *port;
	struct addrinfo *to; /* of the proxy, or of the host */
};

static struct way find(char **argv)
{
	struct way w = { .proxy = argv[0], .host = argv[1], .port = argv[2] };
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_INET };
	char name[256];
	char *colon;
	int e;

	snprintf(name, sizeof(name), "%s", w.proxy);
	colon = strrchr(name, ':');
	if (streq(w.proxy, "-")) {
		e = getaddrinfo(w.host, w.port, &hints, &w.to);
	} else {
		if (colon == NULL)
			fail("%s: a proxy is HOST:PORT", w.proxy);
		*colon = '\0';
		e = getaddrinfo(name, colon + 1, &hints, &w.to);
	}
	if (e != 0)
		fail("%s: %s", w.host, gai_strerror(e));
	return w;
}

/* Owned; connected, blocking. -1 with errno. */
static int reach(const struct way *w)
{
	const char *user = getenv("NETLOAD_AUTHORIZATION"); /* of the proxy: a whole field */
	char text[1024];
	size_t have = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { WAIT_MS / 1000, 0 };

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	no_delay(fd);
	if (connect(fd, w->to->ai_addr, w->to->ai_addrlen) < 0)
		goto bad;
	if (streq(w->proxy, "-"))
		return fd;
	snprintf(text, sizeof(text), "CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n%s%s\r\n", w->host, w->port,
		 w->host, w->port, user != NULL ? user : "", user != NULL ? "\r\n" : "");
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		goto bad;
	/* Byte by byte: nothing behind the answer's end may be taken with it. */
	while (have < 4 || memcmp(text + have - 4, "\r\n\r\n", 4) != 0) {
		if (have == sizeof(text) - 1 || recv(fd, text + have, 1, 0) != 1)
			goto bad;
		have++;
	}
	text[have] = '\0';
	if (strncmp(text, "HTTP/1.1 200", 12) == 0 || strncmp(text, "HTTP/1.0 200", 12) == 0)
		return fd;
	fprintf(stderr, "netload: the proxy says %.*s\n", (int)strcspn(text, "\r"), text);
	errno = ECONNREFUSED;
bad:
	close(fd);
	return -1;
}

struct client {
	int fd;
	double since;
	size_t have;
};

/* n of them, in epoll. */
static struct client *reach_all(const struct way *w, size_t n, int poll)
{
	struct client *c = xcalloc(n, sizeof(*c));

	for (size_t i = 0; i < n; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.ptr = &c[i] };

		c[i].fd = reach(w);
		if (c[i].fd < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, c[i].fd, &e) < 0)
			fail("connection %zu to %s: %s", i + 1, w->host, strerror(errno));
	}
	return c;
}

static void bulk(const struct way *w, size_t n, uint64_t bytes)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	AUTO_FREE struct client *c = reach_all(w, n, poll);
	uint64_t each = bytes / n, left = each * n;
	AUTO_FREE char *buf = xmalloc(CHUNK);
	char ask[9] = "b";
	double start;

	memcpy(ask + 1, &each, 8);
	start = now_us();
	for (size_t i = 0; i < n; i++)
		if (send(c[i].fd, ask, sizeof(ask), MSG_NOSIGNAL) != sizeof(ask))
			fail("send: %s", strerror(errno));
	while (left > 0) {
		struct epoll_event got[64];
		int k = epoll_wait(poll, got, ARRAY_SIZE(got), WAIT_MS);

		if (k <= 0)
			fail("nothing comes any more, of %llu bytes", (unsigned long long)left);
		for (int i = 0; i < k; i++) {
			const struct client *p = got[i].data.ptr;
			ssize_t r = recv(p->fd, buf, CHUNK, MSG_DONTWAIT);

			if (r == 0 || (r < 0 && errno != EAGAIN))
				fail("a connection ended early: %s", r == 0 ? "end" : strerror(errno));
			left -= r > 0 ? (uint64_t)r : 0;
		}
	}
	printf("%.1f\n", (double)(each * n) / (now_us() - start));
}

static void ask_echo(struct client *c, bool first)
{
	char text[ROUND + 1];

	memset(text, 'x', sizeof(text));
	text[0] = 'e';
	c->have = 0;
	c->since = now_us();
	if (send(c->fd, text + !first, ROUND + first, MSG_NOSIGNAL) != ROUND + first)
		fail("send: %s", strerror(errno));
}

static void echo(const struct way *w, size_t n, size_t rounds)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	AUTO_FREE struct client *c = reach_all(w, n, poll);
	AUTO_FREE double *took = xcalloc(rounds, sizeof(*took));
	size_t done = 0;

	for (size_t i = 0; i < n; i++)
		ask_echo(&c[i], true);
	while (done < rounds) {
		struct epoll_event got[64];
		int k = epoll_wait(poll, got, ARRAY_SIZE(got), WAIT_MS);

		if (k <= 0)
			fail("no answer any more, after %zu", done);
		for (int i = 0; i < k && done < rounds; i++) {
			struct client *p = got[i].data.ptr;
			char text[ROUND];
			ssize_t r = recv(p->fd, text, sizeof(text) - p->have, 0);

			if (r <= 0)
				fail("a connection ended early: %s", r == 0 ? "end" : strerror(errno));
			p->have += (size_t)r;
			if (p->have < ROUND)
				continue;
			took[done++] = now_us() - p->since;
			ask_echo(p, false);
		}
	}
	printf("%.1f\n", median(took, rounds));
}

/* mitmproxy decides nothing before it has seen three bytes. */
static bool one_turn(int fd)
{
	char text[5] = "exxxx";

	return send(fd, text, 5, MSG_NOSIGNAL) == 5 && recv(fd, text, 4, MSG_WAITALL) == 4;
}

static void in_turn(const struct way *w, size_t n)
{
	double start = now_us();

	for (size_t i = 0; i < n; i++) {
		int fd = reach(w);

		if (fd < 0 || !one_turn(fd))
			fail("connection %zu: %s", i + 1, strerror(errno));
		close(fd);
	}
	printf("%.0f\n", (double)n * 1e6 / (now_us() - start));
}

static void hold(const struct way *w, size_t n)
{
	size_t good = 0;
	char c;

	all_descriptors();
	for (size_t i = 0; i < n; i++) {
		int fd = reach(w);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE))
			fail("only %zu descriptors of one's own; try: ulimit -n", i);
		if (fd >= 0 && one_turn(fd))
			good++;
		else if (fd >= 0)
			close(fd);
	}
	printf("%zu\n", good);
	fflush(stdout);
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
}

static void dns(const char *address, const char *name, size_t n)
{
	uint8_t q[300] = { 0x12, 0x67, 1, 0, 0, 1 }, a[512];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	AUTO_FREE double *took = xcalloc(n, sizeof(*took));
	struct timeval limit = { WAIT_MS / 1000, 0 };
	size_t at = 12;

	for (const char *s = name; *s != '\0' && at < 200;) {
		size_t len = strcspn(s, ".");

		q[at++] = (uint8_t)len;
		memcpy(q + at, s, len);
		at += len;
		s += len + (s[len] == '.');
	}
	q[at + 2] = q[at + 4] = 1;
	at += 5;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		fail("%s: %s", address, strerror(errno));
	for (size_t i = 0; i < n; i++) {
		double start = now_us();

		q[1] = (uint8_t)i;
		if (send(fd, q, at, 0) < 0 || recv(fd, a, sizeof(a), 0) < 12 || (a[3] & 15) != 0 || a[7] != 1)
			fail("%s: no answer with one address", name);
		took[i] = now_us() - start;
	}
	printf("%.1f\n", median(took, n));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct way w;

	if (argc == 4 && streq(what, "serve"))
		return serve(argv[2], argv[3]);
	if (argc == 5 && streq(what, "dns")) {
		dns(argv[2], argv[3], number(argv[4]));
		return 0;
	}
	if (argc < 6) {
		fputs("usage: at the top of suites/netload/main.c\n", stderr);
		return 2;
	}
	w = find(argv + 2);
	if (argc == 7 && streq(what, "bulk"))
		bulk(&w, number(argv[5]), number(argv[6]));
	else if (argc == 7 && streq(what, "echo"))
		echo(&w, number(argv[5]), number(argv[6]));
	else if (argc == 6 && streq(what, "open"))
		in_turn(&w, number(argv[5]));
	else if (argc == 6 && streq(what, "hold"))
		hold(&w, number(argv[5]));
	else
		fail("%s: not known", what);
	return fflush(stdout) != 0;
}
