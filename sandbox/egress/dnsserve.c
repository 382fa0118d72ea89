/* SPDX-License-Identifier: MIT */
#include "dnsserve.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress/conn.h"
#include "egress/dns.h"
#include "egress/tell.h"
#include "mem.h"
#include "util.h"

#define AT_ONCE	  64 /* datagrams in a row; then others have their turn */
#define STREAMS	  64
#define STREAM_S  20   /* without a question */
#define HALVES_MS 5000 /* between the two questions of a resolver that asks for both families */
#define TTL_NONE  30   /* of an answer that there is nothing */
#define ANSWER	  (DNS_UDP_MAX + 2)
#define WORDS	  300

/* A client that asks over TCP: one question after the other. */
struct stream {
	struct egress *e;
	struct event *event; /* owned */
	int fd;		     /* owned */
	bool asked;	     /* an answer is being looked up */
	bool gone;	     /* ended meanwhile */
	bool reading;	     /* next_question() is at it */
	size_t n;
	uint8_t buf[DNS_QUERY_MAX + 2];
};

/* A question that waits for this machine's servers. */
struct asked {
	struct egress *e;
	struct dns_query query;
	struct sockaddr_in from;
	struct stream *stream; /* NULL: a datagram */
};

static unsigned streams;

static void next_question(struct stream *s);

/* --- answers */

static void send_answer(struct egress *e, const struct sockaddr_in *from, struct stream *s,
			const uint8_t *out, size_t n)
{
	/* One that finds no room is asked for again. */
	if (s == NULL)
		sendto(e->gateway.dns, out, n, MSG_DONTWAIT, (const struct sockaddr *)from, sizeof(*from));
	else if (s->fd >= 0 && send(s->fd, out, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n)
		s->gone = true;
}

/* address NULL: none. */
static void answer(struct egress *e, const struct dns_query *q, const struct sockaddr_in *from,
		   struct stream *s, enum dns_rcode rcode, const struct ipaddr *address)
{
	uint8_t out[ANSWER];
	struct dns_answer a;

	dns_begin(&a, q, rcode, out, sizeof(out), s != NULL);
	if (address != NULL)
		dns_add_addr(&a, address, NAMES_TTL);
	send_answer(e, from, s, out, dns_end(&a, TTL_NONE));
}

static void give(struct egress *e, const struct dns_query *q, const struct sockaddr_in *from,
		 struct stream *s)
{
	struct name *name = names_give(&e->names, &q->name, resolve_now());
	bool six = q->type == DNS_AAAA;
	struct ipaddr a;

	if (name == NULL) {
		answer(e, q, from, s, DNS_SERVFAIL, NULL);
		return;
	}
	a = names_address(name, six);
	answer(e, q, from, s, DNS_NOERROR, six && !e->gateway.ip6 ? NULL : &a);
}

static bool has_family(const struct resolved *r, bool six)
{
	for (size_t i = 0; i < r->n; i++)
		if ((r->address[i].bytes == 16) == six)
			return true;
	return false;
}

static void on_resolved(void *arg, const struct resolved *r)
{
	struct asked *a = arg;
	struct egress *e = a->e;
	struct stream *s = a->stream;

	if (r->status == RESOLVE_OK && has_family(r, a->query.type == DNS_AAAA))
		give(e, &a->query, &a->from, s);
	else
		answer(e, &a->query, &a->from, s,
		       r->status == RESOLVE_OK	      ? DNS_NOERROR
		       : r->status == RESOLVE_NO_NAME ? DNS_NXDOMAIN
						      : DNS_SERVFAIL,
		       NULL);
	free(a);
	if (s != NULL) {
		s->asked = false;
		if (!s->reading)
			next_question(s);
	}
}

static void look_up(struct egress *e, const struct dns_query *q, const struct sockaddr_in *from,
		    struct stream *s)
{
	struct asked *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		answer(e, q, from, s, DNS_SERVFAIL, NULL);
		return;
	}
	*a = (struct asked){ .e = e, .query = *q, .stream = s };
	if (from != NULL)
		a->from = *from;
	if (s != NULL)
		s->asked = true;
	resolve_name(e->resolve, &q->name, on_resolved, a);
}

/* The other half of a question that was told just now: A and AAAA of one name. */
static bool is_second_half(struct egress *e, const struct dns_query *q)
{
	unsigned family = q->type == DNS_A ? 1 : q->type == DNS_AAAA ? 2 : 0;
	uint64_t now = resolve_now();
	size_t i = hash_text(q->name.text) % ARRAY_SIZE(e->denied);
	bool known = streq(e->denied[i].name.text, q->name.text) && now - e->denied[i].at < HALVES_MS;

	if (family != 0 && known && (e->denied[i].families & family) == 0) {
		e->denied[i].families |= family;
		return true;
	}
	/* Asked for once more. */
	if (family != 0) {
		e->denied[i].name = q->name;
		e->denied[i].families = family;
		e->denied[i].at = now;
	}
	return false;
}

/* Who asks for the name of an address wants to show it, no more. */
static bool is_for_an_address(const struct dns_query *q)
{
	static const char *const domains[] = { ".in-addr.arpa", ".ip6.arpa" };
	size_t n = strlen(q->name.text);

	for (size_t i = 0; q->type == DNS_PTR && i < ARRAY_SIZE(domains); i++)
		if (n > strlen(domains[i]) && streq(q->name.text + n - strlen(domains[i]), domains[i]))
			return true;
	return false;
}

/* One message. from: of a datagram. */
static void question(struct egress *e, const uint8_t *msg, size_t n, const struct sockaddr_in *from,
		     struct stream *s)
{
	struct hostrules_answer rules;
	struct dns_query q;

	if (!dns_parse(msg, n, &q))
		return;
	switch (dns_decide(&q, &e->rules, &rules)) {
	case DNS_ACT_REFUSE:
		if (q.name.kind == HOSTNAME_NAME && !is_for_an_address(&q) &&
		    !streq(q.name.text, EGRESS_PROOF_NAME) && !is_second_half(e, &q))
			tell_refused(e, &q.name, 0, &rules);
		answer(e, &q, from, s, DNS_NXDOMAIN, NULL);
		return;
	case DNS_ACT_RCODE:
		answer(e, &q, from, s, q.rcode, NULL);
		return;
	case DNS_ACT_NODATA:
		answer(e, &q, from, s, DNS_NOERROR, NULL);
		return;
	case DNS_ACT_GIVE:
		give(e, &q, from, s);
		return;
	case DNS_ACT_RESOLVE:
		/* Of other types nothing is known that could not lead past the addresses that are judged. */
		if (q.type != DNS_A && q.type != DNS_AAAA)
			answer(e, &q, from, s, DNS_NOERROR, NULL);
		/* What it is called there may be known to the proxy outside alone. */
		else if (upstream_takes(&e->upstream, &q.name, 0, &rules))
			give(e, &q, from, s);
		else
			look_up(e, &q, from, s);
		return;
	}
}

/* --- datagrams */

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	uint8_t buf[DNS_QUERY_MAX + 1];
	struct egress *e = arg;

	(void)what;
	for (int i = 0; i < AT_ONCE; i++) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0 && len == sizeof(from))
			question(e, buf, (size_t)n, &from, NULL);
	}
}

void dnsserve_begin(struct egress *e)
{
	struct event *ev = event_new(e->base, e->gateway.dns, EV_READ | EV_PERSIST, on_datagram, e);

	if (ev == NULL || event_add(ev, NULL) < 0)
		mem_oom();
}

/* --- streams */

static void end_stream(struct stream *s)
{
	if (s->event != NULL)
		event_free(s->event);
	s->event = NULL;
	mem_close_fd(&s->fd);
	s->gone = true;
	/* An answer that is looked up comes back to it. */
	if (s->asked)
		return;
	streams--;
	free(s);
}

/* What is in the buffer, as far as it is whole. May end the stream. */
static void next_question(struct stream *s)
{
	s->reading = true;
	while (!s->gone && !s->asked) {
		size_t n = dns_tcp_frame(s->buf, s->n);

		if (n == 0)
			break;
		if (n == SIZE_MAX) {
			s->gone = true;
			break;
		}
		question(s->e, s->buf + 2, n - 2, NULL, s);
		memmove(s->buf, s->buf + n, s->n - n);
		s->n -= n;
	}
	s->reading = false;
	if (s->gone)
		end_stream(s);
}

static void on_stream(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	ssize_t n;

	if ((what & EV_TIMEOUT) != 0) {
		end_stream(s);
		return;
	}
	n = recv(fd, s->buf + s->n, sizeof(s->buf) - s->n, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A full buffer that holds no whole question, or a client that asks on without waiting. */
	if (n <= 0) {
		end_stream(s);
		return;
	}
	s->n += (size_t)n;
	next_question(s);
}

void dnsserve_stream(struct egress *e, int fd)
{
	struct timeval limit = { STREAM_S, 0 };
	struct stream *s = streams < STREAMS ? calloc(1, sizeof(*s)) : NULL;

	if (s == NULL) {
		conn_reset(fd);
		return;
	}
	*s = (struct stream){ .e = e, .fd = fd };
	s->event = event_new(e->base, fd, EV_READ | EV_PERSIST, on_stream, s);
	if (s->event == NULL || event_add(s->event, &limit) < 0)
		mem_oom();
	streams++;
}
