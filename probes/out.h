/* SPDX-License-Identifier: MIT */
/*
 * What probes of hosts outside share. An input CANARY_OUT_X is "NAME ADDRESS PORT" of a host that answers
 * CANARY_TEXT to what it takes: that answer is the proof, and the harness counts what came there. Names are asked for
 * as a program inside would, of the server in /etc/resolv.conf, which in the control arm is the one outside.
 */
#ifndef OUT_H
#define OUT_H

#include "sock.h"

#define OUT_WAIT   8000 /* ms: silence is no answer */
#define OUT_SERVER "198.18.0.1"

struct out {
	char name[64], address[INET6_ADDRSTRLEN];
	unsigned port;
};

/* Declares var with the host of the input, or ends the probe as not applicable. */
#define OUT_NEED(var, input) \
	struct out var; \
	if (!out_input(input, &var)) \
	return probe_na("%s", probe_input("CANARY_OUT_WHY") != NULL ? probe_input("CANARY_OUT_WHY") \
								    : "needs " input)

static inline bool out_input(const char *input, struct out *ret)
{
	const char *text = probe_input(input);

	return text != NULL && probe_input("CANARY_TEXT") != NULL &&
	       sscanf(text, "%63s %45s %u", ret->name, ret->address, &ret->port) == 3;
}

static inline struct sockaddr_in out_to(const char *address, unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };

	inet_pton(AF_INET, address, &sa.sin_addr);
	return sa;
}

static inline struct sockaddr_in6 out_to6(const char *address, unsigned port)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port) };

	inet_pton(AF_INET6, address, &sa.sin6_addr);
	return sa;
}

/* --- names */

#define OUT_A	 1
#define OUT_AAAA 28

/* The server that programs here ask. */
static inline struct sockaddr_in out_server(void)
{
	char text[4096], address[32] = "127.0.0.1";
	struct out outside;
	const char *line;
	long n;

	if (look_open_arm() && out_input("CANARY_OUT_NAMES", &outside))
		return out_to(outside.address, outside.port);
	n = probe_read_file("/etc/resolv.conf", text, sizeof(text));
	line = n > 0 ? strstr(text, "nameserver ") : NULL;
	if (line != NULL)
		sscanf(line, "nameserver %31s", address);
	return out_to(address, 53);
}

/* A question for the records of that type of the name; its length. */
static inline size_t out_question_type(unsigned char q[300], const char *name, unsigned char type)
{
	static const unsigned char head[12] = { 'c', 's', 1, 0, 0, 1 };
	const unsigned char tail[5] = { 0, 0, type, 0, 1 };
	size_t n = sizeof(head);

	memcpy(q, head, sizeof(head));
	while (*name != '\0') {
		size_t label = strcspn(name, ".");

		q[n++] = (unsigned char)label;
		memcpy(q + n, name, label);
		n += label;
		name += label;
		name += *name == '.';
	}
	memcpy(q + n, tail, sizeof(tail));
	return n + sizeof(tail);
}

static inline size_t out_question(unsigned char q[300], const char *name)
{
	return out_question_type(q, name, OUT_A);
}

/* The n-th address in an answer to a question of `asked` bytes; 0 or a positive errno: ENOENT, no such name or address. */
static inline int out_answer(const unsigned char *a, size_t n, size_t asked, unsigned at, void *ret,
			     size_t size)
{
	const size_t record = 12 + size; /* a name of two bytes, as every server writes it, and the address */

	if (n < asked || (a[3] & 15) == 3)
		return ENOENT;
	if ((a[3] & 15) != 0)
		return EREMOTEIO;
	if (at >= (unsigned)a[7] || n < asked + (at + 1) * record)
		return ENOENT;
	memcpy(ret, a + asked + at * record + 12, size);
	return 0;
}

/* Asks that server, with a datagram, and takes the n-th address of `size` bytes. 0, or a positive errno. */
static inline int out_ask_bytes(const struct sockaddr_in *server, const unsigned char *q, size_t len,
				unsigned at, void *ret, size_t size)
{
	unsigned char a[1500];
	int fd = sock_new(AF_INET, SOCK_DGRAM, 0), err;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long n;

	if (fd < 0)
		return -fd;
	n = probe_sys(SYS_connect, (long)fd, server, (long)sizeof(*server));
	if (n == 0)
		n = probe_sys(SYS_sendto, (long)fd, q, (long)len, 0L, NULL, 0L);
	if (n > 0)
		n = poll(&p, 1, OUT_WAIT) > 0 ? probe_sys(SYS_read, (long)fd, a, (long)sizeof(a))
					      : -ETIMEDOUT;
	look_close(fd);
	err = n < 0 ? (int)-n : out_answer(a, (size_t)n, len, at, ret, size);
	return err;
}

/* Asks that server for the n-th IPv4 address of the name. 0, or a positive errno. */
static inline int out_ask(const struct sockaddr_in *server, const char *name, unsigned at,
			  struct in_addr *ret)
{
	unsigned char q[300];

	return out_ask_bytes(server, q, out_question(q, name), at, ret, sizeof(*ret));
}

static inline int out_ask6(const struct sockaddr_in *server, const char *name, unsigned at,
			   struct in6_addr *ret)
{
	unsigned char q[300];

	return out_ask_bytes(server, q, out_question_type(q, name, OUT_AAAA), at, ret, sizeof(*ret));
}

/* --- connections */

/* Sends the bytes and waits for the canary, or for the end. */
static inline struct probe_result out_say(int fd, const void *bytes, size_t len, const char *step)
{
	const char *text = probe_input("CANARY_TEXT");
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];
	size_t n = 0;
	long r = probe_sys(SYS_sendto, (long)fd, bytes, (long)len, (long)MSG_NOSIGNAL, NULL, 0L);

	if (r < 0)
		return probe_denied((int)-r, step, "connected, then %s", probe_errno_name((int)-r));
	do {
		r = poll(&p, 1, OUT_WAIT) > 0
			? probe_sys(SYS_read, (long)fd, buf + n, (long)(sizeof(buf) - n))
			: -ETIMEDOUT;
		n += r > 0 ? (size_t)r : 0;
	} while (r > 0 && n < sizeof(buf) && memmem(buf, n, text, strlen(text)) == NULL);
	if (memmem(buf, n, text, strlen(text)) != NULL)
		return probe_allowed(step, "the host answered with the canary");
	if (r == -ETIMEDOUT)
		return probe_unknown(ETIMEDOUT, step, "connected, and neither an answer nor an end came");
	if (n > 12 && memcmp(buf, "HTTP/1.1 403", 12) == 0)
		return probe_denied(EACCES, step, "answered with 403");
	return r < 0 ? probe_denied((int)-r, step, "connected, then %s", probe_errno_name((int)-r))
		     : probe_denied(ECONNRESET, step, "connected, then closed without an answer");
}

/* A connection: its descriptor, owned; else -1, and *ret says why. sa: of IPv4 or IPv6. */
static inline int out_dial(const void *sa, const char *step, struct probe_result *ret)
{
	int family = ((const struct sockaddr *)sa)->sa_family, fd = sock_new(family, SOCK_STREAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0;
	socklen_t n = sizeof(err);
	long c;

	if (fd < 0) {
		*ret = probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
		return -1;
	}
	c = probe_sys(SYS_connect, (long)fd, sa,
		      family == AF_INET ? (long)sizeof(struct sockaddr_in)
					: (long)sizeof(struct sockaddr_in6));
	if (c == -EINPROGRESS && poll(&p, 1, OUT_WAIT) <= 0)
		err = ETIMEDOUT;
	else if (c == -EINPROGRESS)
		probe_sys(SYS_getsockopt, (long)fd, (long)SOL_SOCKET, (long)SO_ERROR, &err, &n);
	else
		err = (int)-c;
	if (err == 0)
		return fd;
	look_close(fd);
	*ret = err == ETIMEDOUT ? probe_unknown(err, step, "no answer to the connection")
				: probe_denied(err, step, "connect: %s", probe_errno_name(err));
	return -1;
}

/* Sends a byte, and reads what comes as a text until the end of the connection. False: it has none. */
static inline bool out_told(int fd, char *buf, size_t room)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long r = probe_sys(SYS_sendto, (long)fd, "?", 1L, (long)MSG_NOSIGNAL, NULL, 0L);
	size_t n = 0;

	while (r > 0 && n < room - 1) {
		if (poll(&p, 1, OUT_WAIT) <= 0)
			return false;
		r = probe_sys(SYS_read, (long)fd, buf + n, (long)(room - 1 - n));
		n += r > 0 ? (size_t)r : 0;
	}
	buf[n] = '\0';
	return true;
}

static inline struct probe_result out_connect(const void *sa, const void *bytes, size_t len, const char *step)
{
	struct probe_result r;
	int fd = out_dial(sa, step, &r);

	if (fd < 0)
		return r;
	r = out_say(fd, bytes, len, step);
	look_close(fd);
	return r;
}

/* The addresses of one family, in their order; *ret_err: why there is none. */
static inline struct probe_result out_reach_family(const struct out *o, bool six, const void *bytes,
						   size_t len, int *ret_err)
{
	struct sockaddr_in server = out_server(), four = out_to("0.0.0.0", o->port);
	struct sockaddr_in6 sa6 = out_to6("::", o->port);
	struct probe_result r = { 0 };

	for (unsigned at = 0; at < 8; at++) {
		int err = six ? out_ask6(&server, o->name, at, &sa6.sin6_addr)
			      : out_ask(&server, o->name, at, &four.sin_addr);

		if (err != 0 && at > 0)
			return r;
		*ret_err = err;
		if (err == ETIMEDOUT)
			return probe_unknown(err, "resolve", "the name server does not answer");
		if (err != 0)
			return probe_denied(err, "resolve", "%s: %s", o->name, probe_errno_name(err));
		r = six ? out_connect(&sa6, bytes, len, "connect")
			: out_connect(&four, bytes, len, "connect");
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return r;
}

/* As a program does it: asks for the name, then tries its addresses in their order, those of IPv4 first. */
static inline struct probe_result out_reach(const struct out *o, const void *bytes, size_t len)
{
	int err4, err6;
	struct probe_result four = out_reach_family(o, false, bytes, len, &err4), six;

	if (four.seen != PROBE_DENIED)
		return four;
	six = out_reach_family(o, true, bytes, len, &err6);
	/* A name without such addresses says nothing new. */
	return six.seen == PROBE_DENIED && err6 != 0 ? four : six;
}

/* --- what is said */

static inline size_t out_number(unsigned char *p, size_t value, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0; value >>= 8)
		p[i] = (unsigned char)value;
	return bytes;
}

/* A ClientHello with that server name of n bytes; NULL: without. Its length. */
static inline size_t out_hello(unsigned char q[400], const char *name, size_t n)
{
	static const unsigned char suites[] = { 0, 2, 0x13, 0x01, 1, 0 }, /* one cipher, no compression */
	    versions[] = { 0, 43, 0, 3, 2, 3, 4 };
	size_t named = name != NULL ? 9 + n : 0, exts = named + sizeof(versions);
	size_t body = 2 + 32 + 1 + sizeof(suites) + 2 + exts, at = 0;

	q[at++] = 22;
	at += out_number(q + at, 0x0301, 2);
	at += out_number(q + at, 4 + body, 2);
	q[at++] = 1;
	at += out_number(q + at, body, 3);
	at += out_number(q + at, 0x0303, 2);
	memset(q + at, 'r', 32);
	at += 32;
	q[at++] = 0;
	memcpy(q + at, suites, sizeof(suites));
	at += sizeof(suites);
	at += out_number(q + at, exts, 2);
	if (name != NULL) {
		at += out_number(q + at, 0, 2);
		at += out_number(q + at, n + 5, 2);
		at += out_number(q + at, n + 3, 2);
		q[at++] = 0;
		at += out_number(q + at, n, 2);
		memcpy(q + at, name, n);
		at += n;
	}
	memcpy(q + at, versions, sizeof(versions));
	return at + sizeof(versions);
}

/* Reaches the host and begins TLS for that name; NULL: for none. */
static inline struct probe_result out_tls(const struct out *o, const char *name)
{
	unsigned char hello[400];

	return out_reach(o, hello, out_hello(hello, name, name != NULL ? strlen(name) : 0));
}

/* Reaches the host and says that. */
static inline struct probe_result out_text(const struct out *o, const char *text)
{
	return out_reach(o, text, strlen(text));
}

#endif
