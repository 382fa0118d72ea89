/* SPDX-License-Identifier: MIT */
/*
 * What probes of the proxy at the gateway share: HTTP's CONNECT and requests with a URL, and SOCKS 5, all at one port.
 * The control arm has no proxy: there the same bytes go to the host itself, whose answer shows that it is there and
 * that they mean something to it. That the proxy of the box works is ok-proxy's; one that takes no connection is no
 * denial.
 */
#ifndef BYPROXY_H
#define BYPROXY_H

#include "out.h"

#define BY_PORT 3128
#define BY_ROOM 1500

enum by_way { BY_CONNECT, BY_SOCKS, BY_WAYS };

/* A host as a client writes it: any bytes. */
struct by_host {
	const char *text;
	size_t n;
};
#define BY_TEXT(s) \
	(struct by_host) \
	{ \
		s, strlen(s) \
	}
#define BY_BYTES(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static inline int by_dial(struct probe_result *ret)
{
	struct sockaddr_in sa = out_to(OUT_SERVER, BY_PORT);
	int fd = out_dial(&sa, "the proxy", ret);

	if (fd < 0)
		*ret = probe_unknown(ret->err, "the proxy", "it takes no connection");
	return fd;
}

static inline size_t by_add(char *q, size_t at, const void *p, size_t n)
{
	if (at + n > BY_ROOM)
		return at;
	memcpy(q + at, p, n);
	return at + n;
}

static inline size_t by_authority(char *q, size_t at, struct by_host host, unsigned port)
{
	char tail[8];

	at = by_add(q, at, host.text, host.n);
	return by_add(q, at, tail, (size_t)snprintf(tail, sizeof(tail), ":%u", port));
}

/*
 * Sends a wish and waits for what the proxy says to it: `whole` bytes of SOCKS, of which the second is 0 for yes, or
 * (0) a head of HTTP. True: yes. False: *ret.
 */
static inline bool by_wish(int fd, const char *q, size_t len, size_t whole, const char *step,
			   struct probe_result *ret)
{
	const char *text = probe_input("CANARY_TEXT");
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[2048];
	size_t n = 0;
	long r = probe_sys(SYS_sendto, (long)fd, q, (long)len, (long)MSG_NOSIGNAL, NULL, 0L);

	while (r > 0 && n < sizeof(buf) &&
	       !(whole > 0 ? n >= whole : memmem(buf, n, "\r\n\r\n", 4) != NULL)) {
		/* Byte by byte: what comes behind it is the host's. */
		r = poll(&p, 1, OUT_WAIT) > 0 ? probe_sys(SYS_read, (long)fd, buf + n, 1L) : -ETIMEDOUT;
		n += r > 0 ? (size_t)r : 0;
	}
	if (memmem(buf, n, text, strlen(text)) != NULL)
		*ret = probe_allowed(step, "the host answered with the canary");
	else if (r == -ETIMEDOUT)
		*ret = probe_unknown(ETIMEDOUT, step, "neither an answer nor an end came");
	else if (whole > 0 ? n >= whole && buf[1] == 0 : n > 12 && memcmp(buf, "HTTP/1.1 2", 10) == 0)
		return true;
	else if (whole > 0 && n > 1)
		*ret = probe_denied(EACCES, step, "the proxy answered with %u", (unsigned char)buf[1]);
	else if (n > 12 && memcmp(buf, "HTTP/1.1 ", 9) == 0)
		*ret = probe_denied(EACCES, step, "the proxy answered with %.3s", buf + 9);
	else
		*ret = probe_denied(r < 0 ? (int)-r : ECONNRESET, step, "closed without an answer");
	return false;
}

static inline bool by_socks_wish(int fd, const char *address, size_t n, unsigned port,
				 struct probe_result *ret)
{
	char q[BY_ROOM];
	unsigned char two[2];
	size_t at = by_add(q, 0, "\5\1\0", 3);

	at = by_add(q, at, address, n);
	out_number(two, port, 2);
	at = by_add(q, at, two, 2);
	return by_wish(fd, "\5\1\0", 3, 2, "SOCKS", ret) && by_wish(fd, q, at, 10, "SOCKS", ret);
}

/* SOCKS with a type of address and its bytes; then the bytes to the host. Of the box alone. */
static inline struct probe_result by_socks(const char *address, size_t n, unsigned port, const void *bytes,
					   size_t len)
{
	struct probe_result r;
	int fd = by_dial(&r);

	if (fd < 0)
		return r;
	if (by_socks_wish(fd, address, n, port, &r))
		r = out_say(fd, bytes, len, "SOCKS");
	look_close(fd);
	return r;
}

static inline struct probe_result by_connect(struct by_host host, unsigned port, const void *bytes,
					     size_t len)
{
	struct probe_result r;
	char q[BY_ROOM];
	size_t at;
	int fd = by_dial(&r);

	if (fd < 0)
		return r;
	at = by_authority(q, by_add(q, 0, "CONNECT ", 8), host, port);
	at = by_authority(q, by_add(q, at, " HTTP/1.1\r\nHost: ", 17), host, port);
	at = by_add(q, at, "\r\n\r\n", 4);
	if (by_wish(fd, q, at, 0, "CONNECT", &r))
		r = out_say(fd, bytes, len, "CONNECT");
	look_close(fd);
	return r;
}

/* A tunnel to a host that is called that, and what is said in it. In the control arm: to the host itself. */
static inline struct probe_result by_tunnel(enum by_way way, const struct out *o, struct by_host host,
					    const void *bytes, size_t len)
{
	char address[300] = { 3 };

	if (look_open_arm())
		return out_reach(o, bytes, len);
	if (way == BY_CONNECT)
		return by_connect(host, o->port, bytes, len);
	address[1] = (char)host.n;
	memcpy(address + 2, host.text, host.n);
	return by_socks(address, host.n + 2, o->port, bytes, len);
}

/* TLS in a tunnel: both ways, under the first of these names that is not refused. */
static inline struct probe_result by_names(const struct out *o, const struct by_host *host, size_t n)
{
	unsigned char hello[400];
	size_t len = out_hello(hello, o->name, strlen(o->name));
	struct probe_result r = { 0 };

	for (size_t i = 0; i < n; i++)
		for (unsigned way = 0; way < BY_WAYS; way++) {
			r = by_tunnel(way, o, host[i], hello, len);
			if (r.seen == PROBE_ALLOWED && !look_open_arm())
				return probe_allowed(r.step, "name %zu: the host answered with the canary",
						     i + 1);
			if (r.seen != PROBE_DENIED)
				return r;
		}
	return r;
}

/* A request to the proxy with a URL, whatever it says. */
static inline struct probe_result by_request(const struct out *o, const char *text)
{
	struct probe_result r;
	int fd;

	if (look_open_arm())
		return out_text(o, text);
	fd = by_dial(&r);
	if (fd < 0)
		return r;
	r = out_say(fd, text, strlen(text), "request");
	look_close(fd);
	return r;
}

#endif
