/* SPDX-License-Identifier: MIT */
#include "connimpl.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress/answerhead.h"
#include "egress/connlog.h"
#include "egress/orphan.h"
#include "egress/reach.h"
#include "egress/tell.h"
#include "mem.h"
#include "util.h"

#define HEAD_MS		 30000	 /* until the first bytes of a client that speaks first */
#define CONNECT_MS	 10000	 /* for each address */
#define HALF_MS		 600000	 /* nothing moves, and one side has ended */
#define IDLE_MS		 7200000 /* nothing moves */
#define PART_MS		 10000	 /* for a client to read why it was refused */
#define DRAIN_MS	 10000	 /* for a host to end, when its client goes on elsewhere */
#define WORDS		 300
#define ASKED_MS	 1000  /* more of these for no answer: the name is not asked for again */
#define UNASKED_MS	 60000 /* for so long */
#define UPSTREAM_INTERIM 16
#define ROUNDS		 16
#define WASTE		 (1 << 20)
/* s: the box's own kernel is asked whether the client is still there, which answers at once */
#define ASK_AFTER	 10
#define ASK_AGAIN	 5
#define ASK_TIMES	 3
#define ROOM_MS		 100  /* between two looks for one that is gone, when the first was in vain, */
#define ROOM_ASKED	 4096 /* at so many */

static const char is_upstream[] = "it is the proxy by which this machine goes out";

/* --- the list, by activity */

static void unlink_conn(struct egress *e, struct conn *c)
{
	*(c->newer != NULL ? &c->newer->older : &e->newest) = c->older;
	*(c->older != NULL ? &c->older->newer : &e->oldest) = c->newer;
}

static void make_newest(struct egress *e, struct conn *c)
{
	c->newer = NULL;
	c->older = e->newest;
	*(e->newest != NULL ? &e->newest->newer : &e->oldest) = c;
	e->newest = c;
}

void conn_touch(struct conn *c)
{
	uint64_t now = resolve_now();

	if (now == c->last)
		return;
	c->last = now;
	unlink_conn(c->e, c);
	make_newest(c->e, c);
}

/* --- ends */

void conn_reset(int fd)
{
	struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

void conn_close_server(struct conn *c, bool reset)
{
	if (c->server < 0)
		return;
	event_del(&c->server_event);
	if (reset)
		conn_reset(c->server);
	else
		close(c->server);
	c->server = -1;
}

struct hostname conn_host(const struct conn *c)
{
	static const char *const asked[] = {
		[CONN_BY_HOST_PORT] = EGRESS_HOST_PORT, [CONN_BY_PUBLISH] = EGRESS_PUBLISH
	};
	struct hostname h = { .kind = HOSTNAME_NAME };

	if (c->by != CONN_BY_RULES) {
		snprintf(h.text, sizeof(h.text), "%s", asked[c->by]);
		return h;
	}
	if (c->name != NULL)
		return c->name->host;
	/* It may name none yet. */
	if (c->proxy != NULL &&
	    (c->proxy->host.kind == HOSTNAME_NAME || c->proxy->host.kind == HOSTNAME_NONE))
		return c->proxy->host;
	return hostname_of_addr(&c->literal);
}

static bool is_open(const struct conn *c)
{
	return c->state == CONN_OPEN || c->state == CONN_DRAIN;
}

/* What the log says of it as far as it has come. */
static struct connlog_line so_far(const struct conn *c)
{
	bool out = c->by != CONN_BY_PUBLISH, open = is_open(c);

	return (struct connlog_line){ .address = open && !c->via ? &c->peer : NULL,
				      .via = open && c->via ? &c->e->upstream : NULL,
				      .sent = !open ? 0
					      : out ? c->up.moved
						    : c->down.moved,
				      .received = !open ? 0
						  : out ? c->down.moved
							: c->up.moved,
				      .since = c->since };
}

/* One that came to its host. */
static void log_conn(const struct conn *c)
{
	struct hostname host = conn_host(c);
	struct connlog_line line = so_far(c);

	line.host = host.text;
	line.port = c->port;
	line.decision = "allowed";
	line.rule = c->allowed.rule;
	connlog_write(c->e, &line);
}

/* One that never came to its host, though nobody refused it. */
static void log_ended(const struct conn *c)
{
	struct hostname host = conn_host(c);
	struct connlog_line line = so_far(c);
	bool named = host.kind != HOSTNAME_NONE;

	c->e->account->ended++;
	line.host = named ? host.text : NULL;
	line.port = named ? c->port : 0;
	line.decision = "ended";
	line.why = !named		   ? "it ended before it named a host"
		   : c->state == CONN_HEAD ? "it ended before its first bytes were all there"
					   : "it ended before its host was reached";
	line.rule = c->allowed.rule;
	connlog_write(c->e, &line);
}

/* It has come to its host. */
static void came(struct conn *c)
{
	struct hostname host = conn_host(c);
	char who[TELL_HOST];

	c->state = CONN_OPEN;
	c->peer = c->to->address[c->at - 1];
	c->place = tally_reached(c->e, tell_host(&host, c->port, who));
	if (c->place.row == NULL || c->place.row->times == 1)
		tell(c->e, EGRESS_REACHED, 0, "%s", who);
}

/* The host has taken it, and the event that says so has not been served yet. */
static bool came_unseen(const struct conn *c)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	return c->state == CONN_CONNECTING && !c->via && c->server >= 0 && c->to != NULL && c->at > 0 &&
	       getpeername(c->server, (struct sockaddr *)&a, &n) == 0;
}

/* Its one line, if it has none yet. */
static void log_last(struct conn *c)
{
	if (!c->logged && came_unseen(c))
		came(c);
	if (!c->logged)
		is_open(c) ? log_conn(c) : log_ended(c);
	c->logged = true;
}

void conn_tell(struct conn *c, enum egress_message what, int error, const struct hostname *host,
	       const char *why, const struct hostrules_answer *answer)
{
	struct connlog_line line = so_far(c);

	/* What went out before it was allowed, and is a line of its own. */
	if (what == EGRESS_REFUSED && line.sent > 0) {
		log_conn(c);
		line = (struct connlog_line){ .since = resolve_now() };
	}
	c->logged = true;
	tell_not(c->e, what, error, host, c->port, why, answer, &line);
}

void conn_end(struct conn *c, bool reset)
{
	struct egress *e = c->e;

	log_last(c);
	pump_stop(&e->pipes, &c->up);
	pump_stop(&e->pipes, &c->down);
	event_del(&c->client_event);
	conn_close_server(c, reset);
	for (int i = 0; i < PORTS_PAIR; i++)
		mem_close_fd(&c->pair[i]);
	if (reset)
		conn_reset(c->client);
	else
		close(c->client);
	if (c->name != NULL)
		c->name->used--;
	unlink_conn(e, c);
	e->nconn--;
	e->npublished -= c->by == CONN_BY_PUBLISH;
	firstbytes_done(&c->first);
	free(c->proxy);
	free(c->to);
	free(c);
}

/* A client of the proxy that asks for http:// URLs. */
static bool is_request(const struct conn *c)
{
	return c->proxy != NULL && !c->proxy->tunnel;
}

/* Its requests go to the proxy outside as they are said to one: many make no tunnel to port 80. */
static bool is_absolute(const struct conn *c)
{
	return c->via && (is_request(c) || c->first.what == FIRSTBYTES_HTTP);
}

/* The bytes that come now would make a close a reset, which overtakes what was said last. */
void conn_part(struct conn *c)
{
	log_last(c);
	pump_stop(&c->e->pipes, &c->up);
	pump_stop(&c->e->pipes, &c->down);
	conn_close_server(c, true);
	shutdown(c->client, SHUT_WR);
	c->state = CONN_PART;
	conn_touch(c);
	event_active(&c->client_event, EV_READ, 0);
}

static void parted(struct conn *c)
{
	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n = recv(c->client, NULL, WASTE, MSG_TRUNC | MSG_DONTWAIT);

		if (n > 0)
			continue;
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			conn_end(c, false);
		return;
	}
	event_active(&c->client_event, EV_READ, 0);
}

void conn_refuse(struct conn *c, const char *why, const struct hostrules_answer *answer)
{
	struct hostname host = conn_host(c);
	char words[TELL_HOST + 2 * WORDS];
	bool said;

	conn_tell(c, EGRESS_REFUSED, 0, &host, why, answer);
	if (c->proxy != NULL && !c->proxy->answered)
		said = connproxy_answer(c, PROXY_REFUSED, 0,
					tell_words(&host, c->port, why, answer, words, sizeof(words)), NULL);
	else
		said = firstbytes_answer(&c->first, c->client, why);
	if (said)
		conn_part(c);
	else
		conn_end(c, true);
}

void conn_lose(struct conn *c, int error, const char *why)
{
	struct hostname host = conn_host(c);
	char words[TELL_HOST + 2 * WORDS];
	bool said;

	conn_tell(c, EGRESS_LOST, error, &host, why, NULL);
	tell_words(&host, c->port, why, NULL, words, sizeof(words));
	if (c->proxy != NULL && !c->proxy->answered)
		said = connproxy_answer(c, PROXY_LOST, -error, words, NULL);
	else
		said = is_absolute(c) && c->state != CONN_OPEN && firstbytes_say(c->client, 502, words);
	if (said)
		conn_part(c);
	else
		conn_end(c, true);
}

/* --- to the host */

/* Of a port the first counts: that the machine has no IPv6 is no news. */
static void note_error(struct conn *c, int error)
{
	if (c->error == 0 || c->by == CONN_BY_RULES)
		c->error = error;
}

static void connected(struct conn *c);
static void drain(struct conn *c);
static void on_client(evutil_socket_t fd, short what, void *arg);

/* May free c. */
static void reached(struct conn *c)
{
	came(c);
	free(c->to);
	c->to = NULL;
	if (c->proxy != NULL && c->proxy->tunnel && !c->proxy->answered) {
		if (!connproxy_answer(c, PROXY_DONE, 0, "", NULL)) {
			conn_end(c, true);
			return;
		}
		firstbytes_begin(&c->first, c->port);
	}
	connected(c);
}

/* --- by the proxy outside */

bool conn_wants_upstream(const struct conn *c)
{
	struct hostname host = conn_host(c);

	return c->by == CONN_BY_RULES && upstream_takes(&c->e->upstream, &host, c->port, &c->allowed);
}

const struct httphead_onward *conn_onward(const struct conn *c, struct httphead_onward *buf)
{
	if (!conn_wants_upstream(c))
		return NULL;
	*buf = (struct httphead_onward){ .absolute = true, .close = true, .auth = c->e->upstream.auth };
	return buf;
}

void conn_tunnel_http(struct conn *c)
{
	if (!connproxy_answer(c, PROXY_DONE, 0, "", NULL)) {
		conn_end(c, true);
		return;
	}
	firstbytes_begin(&c->first, c->port);
	c->state = CONN_HEAD;
	on_client(c->client, EV_READ, c);
}

/* Who is asked for a tunnel. */
static const struct upstream *way_of(const struct conn *c)
{
	return c->tapped ? &c->e->tap : &c->e->upstream;
}

/* The proxy itself can't be used: "the proxy HOST:PORT: Connection refused". */
static void lose_upstream(struct conn *c, int error, const char *why)
{
	char place[UPSTREAM_PLACE], words[WORDS + UPSTREAM_PLACE];

	snprintf(words, sizeof(words), "the proxy %s%s%s", upstream_place(way_of(c), place),
		 why[0] == ' ' ? "" : ": ", why);
	conn_lose(c, error, words);
}

static void try_next(struct conn *c);

/* What it says to a CONNECT. May free c. */
static void asked_upstream(struct conn *c)
{
	static char head[ANSWERHEAD_MAX], out[2 * ANSWERHEAD_MAX + ANSWERHEAD_GROWTH];
	char words[WORDS + UPSTREAM_PLACE];

	for (;;) {
		/* Asked before the look: an end that comes later is another event. */
		bool ended = pump_source_ended(c->server);
		ssize_t n = recv(c->server, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT);
		enum answerhead_result r = ANSWERHEAD_MORE;
		size_t used, len;
		int status;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0)
			r = answerhead_close(head, (size_t)n, &used, out, &len);
		if (r == ANSWERHEAD_BAD) {
			lose_upstream(c, -EPROTO, " answers with what is none of HTTP/1");
			return;
		}
		if (n <= 0 || (r == ANSWERHEAD_MORE && ended)) {
			lose_upstream(c, -EPROTO, " ends the connection without an answer");
			return;
		}
		if (r == ANSWERHEAD_MORE)
			return;
		status = answerhead_status(head);
		/* What follows is the host's. */
		if (recv(c->server, NULL, used, MSG_TRUNC | MSG_DONTWAIT) != (ssize_t)used) {
			conn_end(c, true);
			return;
		}
		if (r == ANSWERHEAD_FINAL && status < 300) {
			reached(c);
			return;
		}
		/* The next address may do: of them it knows the one alone. */
		if (r == ANSWERHEAD_FINAL && c->tapped && status == 502 && c->at < c->to->n) {
			conn_close_server(c, false);
			try_next(c);
			return;
		}
		if (r == ANSWERHEAD_FINAL || ++c->interim > UPSTREAM_INTERIM) {
			conn_lose(c, status == 403 ? -EACCES : -EHOSTUNREACH,
				  upstream_words(way_of(c), status, words, sizeof(words)));
			return;
		}
	}
}

static void ask_upstream(struct conn *c)
{
	struct hostname host = conn_host(c), at = host;
	char out[UPSTREAM_ASK];
	size_t n;

	if (c->tapped)
		at = hostname_of_addr(&c->to->address[c->at - 1]);
	n = upstream_ask(way_of(c), &at, &host, c->port, out);

	/* Into an empty buffer: all of it at once. */
	if (n == 0 || send(c->server, out, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n) {
		conn_end(c, true);
		return;
	}
	c->state = CONN_TUNNEL;
	conn_touch(c);
	asked_upstream(c);
}

static void on_server(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	if (c->state == CONN_OPEN || c->state == CONN_DRAIN) {
		c->state == CONN_OPEN ? connected(c) : drain(c);
		return;
	}
	if (c->state == CONN_TUNNEL) {
		asked_upstream(c);
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error == 0) {
		struct sockaddr_storage peer;

		len = sizeof(peer);
		if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0) {
			c->tapped || (c->via && !is_absolute(c)) ? ask_upstream(c) : reached(c);
			return;
		}
		if (errno == ENOTCONN)
			return; /* not yet */
		error = errno;
	}
	note_error(c, error);
	conn_close_server(c, false);
	/* Whichever address it would be for. */
	c->tapped ? lose_upstream(c, -error, strerror(error)) : try_next(c);
}

/* In the box's own network, by the socket of it that is of that family. */
static int start_inside(struct conn *c, const struct ipaddr *a)
{
	int *fd = &c->pair[a->bytes == 16];

	if (*fd < 0)
		return -EAFNOSUPPORT;
	if (reach_from(*fd, a, c->port) < 0)
		return -errno;
	return TAKE_FD(*fd);
}

/* What rules say of an address, at this moment: NULL, or why not. */
static const char *refuses(struct conn *c, const struct ipaddr *a, struct hostrules_answer *ret,
			   char words[WORDS])
{
	struct hostname host = conn_host(c), here = hostname_of_addr(a);
	bool own = reach_is_own(c->e, a);

	*ret = hostrules_judge_addr(&c->e->rules, host.kind == HOSTNAME_NAME ? &host : NULL, a, c->port,
				    own ? a : NULL, own ? 1 : 0);
	if (!hostrules_allowed(ret))
		return hostrules_words(ret, words, WORDS);
	if (ret->by != HOSTRULES_EXACT && upstream_is(&c->e->upstream, &here, c->port))
		return is_upstream;
	return NULL;
}

/* The next of the addresses, each judged at the moment of its connect. */
static void try_next(struct conn *c)
{
	struct hostrules_answer answer = { 0 }, refused = { 0 };
	char words[WORDS];
	const char *why = NULL;

	while (c->at < c->to->n) {
		const struct ipaddr *a = &c->to->address[c->at++];
		const struct upstream *tap = c->tapped ? &c->e->tap : NULL;
		uint16_t port = c->via ? c->e->upstream.port : c->port;
		const char *no = c->by == CONN_BY_RULES && !c->via ? refuses(c, a, &answer, words) : NULL;

		if (no != NULL) {
			why = no;
			refused = answer;
			continue;
		}
		c->server = c->by == CONN_BY_PUBLISH ? start_inside(c, a)
			    : tap != NULL	     ? reach_begin(&tap->host.addr, tap->port)
						     : reach_begin(a, port);
		if (c->server < 0) {
			note_error(c, -c->server);
			c->server = -1;
			continue;
		}
		c->state = CONN_CONNECTING;
		conn_touch(c);
		event_assign(&c->server_event, c->e->base, c->server, EV_READ | EV_WRITE | EV_ET | EV_PERSIST,
			     on_server, c);
		event_add(&c->server_event, NULL);
		return;
	}
	if (c->error != 0 && c->via)
		lose_upstream(c, -c->error, strerror(c->error));
	/* Before what another address came to: who owns a name has as many as he likes. */
	else if (why != NULL)
		conn_refuse(c, why, &refused);
	else if (c->error != 0)
		conn_lose(c, -c->error, strerror(c->error));
	else
		conn_lose(c, -EHOSTUNREACH, "it has no address");
}

/* Those of the family that the box asked for come first. */
static void take_addresses(struct conn *c, const struct resolved *r)
{
	size_t n = 0;

	c->to = xcalloc(1, sizeof(*c->to));
	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < r->n; i++)
			if ((r->address[i].bytes == 16) == (c->ip6 != (turn == 1)))
				c->to->address[n++] = r->address[i];
	c->to->n = n;
}

static const char too_many[] = "too many names are looked up at once";

static void on_resolved(void *arg, const struct resolved *r)
{
	struct conn *c = arg;

	if (r->status == RESOLVE_BUSY)
		conn_lose(c, -EAGAIN, too_many);
	else if (r->status == RESOLVE_FAILED)
		conn_lose(c, -EAGAIN, "no name server answered");
	else if (r->status == RESOLVE_NO_NAME)
		conn_lose(c, -ENOENT, "there is no such name");
	else {
		take_addresses(c, r);
		try_next(c);
	}
}

static void on_upstream(void *arg, const struct resolved *r)
{
	struct conn *c = arg;

	if (r->status == RESOLVE_OK && r->n > 0) {
		take_addresses(c, r);
		try_next(c);
	} else {
		lose_upstream(c, r->status == RESOLVE_NO_NAME ? -ENOENT : -EAGAIN,
			      r->status == RESOLVE_BUSY	    ? too_many
			      : r->status == RESOLVE_FAILED ? "no name server answered"
							    : "there is no such name");
	}
}

/* What this machine knows of a name: one address that may not be, and the proxy could choose that. */
static void on_known(void *arg, const struct resolved *r)
{
	struct conn *c = arg;
	uint64_t now = resolve_now();
	struct hostrules_answer answer;
	char words[WORDS];

	for (size_t i = 0; r->status == RESOLVE_OK && i < r->n; i++) {
		const char *why = refuses(c, &r->address[i], &answer, words);

		if (why != NULL) {
			conn_refuse(c, why, &answer);
			return;
		}
	}
	/* It may be a private one, and then only that judges it. */
	if (r->status == RESOLVE_BUSY) {
		conn_lose(c, -EAGAIN, too_many);
		return;
	}
	/*
	 * Where only the proxy knows names, one of them is waited for once. Not for all: whoever is inside chooses a
	 * name whose server is silent.
	 */
	if (r->status == RESOLVE_FAILED && now - c->last > ASKED_MS) {
		struct hostname host = conn_host(c);
		struct name *n = c->name != NULL ? c->name : names_give(&c->e->names, &host, now);

		if (n != NULL)
			n->unasked = now + UNASKED_MS;
	}
	upstream_find(c->e, on_upstream, c);
}

/* A name of an exact rule is the user's word; any other may lead wherever its owner likes. */
static void look_up_via(struct conn *c, const struct hostname *host)
{
	struct resolved one = { .status = RESOLVE_OK, .n = 1, .address = { host->addr } };
	const struct name *n = c->name;

	if (n == NULL && host->kind == HOSTNAME_NAME)
		n = names_known(&c->e->names, host);
	if (host->kind == HOSTNAME_ADDR)
		on_known(c, &one);
	else if (c->allowed.by == HOSTRULES_EXACT || (n != NULL && n->unasked > resolve_now()))
		upstream_find(c->e, on_upstream, c);
	else
		resolve_name(c->e->resolve, host, on_known, c);
}

void conn_look_up(struct conn *c)
{
	struct resolved one = { .status = RESOLVE_OK, .n = 1 };
	struct hostname host = conn_host(c);

	c->state = CONN_RESOLVING;
	c->at = 0;
	c->error = 0;
	c->interim = 0;
	c->through = c->waited = false;
	conn_touch(c);
	c->via = conn_wants_upstream(c);
	c->tapped = !c->via && c->by == CONN_BY_RULES && c->e->tap.host.kind != HOSTNAME_NONE;
	if (c->via) {
		look_up_via(c, &host);
		return;
	}
	if (host.kind == HOSTNAME_NAME) {
		resolve_name(c->e->resolve, &host, on_resolved, c);
		return;
	}
	one.address[0] = c->literal;
	on_resolved(c, &one);
}

/* --- from the client */

bool conn_aim(struct conn *c, const struct hostname *host, uint16_t port)
{
	struct hostrules_answer answer;
	struct hostname known;
	bool synthetic = false;
	char words[WORDS];

	c->port = port;
	if (c->name != NULL)
		c->name->used--;
	c->name = NULL;
	if (host->kind == HOSTNAME_ADDR) {
		c->literal = host->addr;
		c->ip6 = host->addr.bytes == 16;
		c->name = names_find(&c->e->names, &host->addr, &synthetic);
	}
	if (c->name != NULL)
		c->name->used++;
	if (synthetic && c->name == NULL) {
		conn_refuse(c, "no name has this address", NULL);
		return false;
	}
	known = conn_host(c);
	answer = c->allowed = hostrules_judge(&c->e->rules, &known, port);
	if (hostrules_allowed(&answer) &&
	    (answer.by == HOSTRULES_EXACT || !upstream_is(&c->e->upstream, &known, port)))
		return true;
	conn_refuse(c,
		    hostrules_allowed(&answer) ? is_upstream : hostrules_words(&answer, words, sizeof(words)),
		    &answer);
	return false;
}

bool conn_client_ended(struct conn *c)
{
	if (c->state != CONN_OPEN) {
		conn_end(c, false);
		return false;
	}
	if (c->up.ended)
		return false;
	shutdown(c->server, SHUT_WR);
	c->up.ended = true;
	return true;
}

/* What its next bytes say. False: c is gone, or there is nothing to do yet. */
static bool check(struct conn *c)
{
	struct hostname host = conn_host(c);
	struct httphead_onward onward;
	const char *why = "";

	if (is_request(c))
		return connproxy_look(c);
	switch (firstbytes_look(&c->first, c->client, &host, c->port, &c->e->rules, conn_onward(c, &onward),
				&c->up.allow, &why)) {
	case FIRSTBYTES_GOOD:
		return true;
	case FIRSTBYTES_WAIT:
		return false;
	case FIRSTBYTES_END:
		return conn_client_ended(c);
	case FIRSTBYTES_ANEW:
		/* As a client of the proxy: the answer says that the connection ends behind it. */
		if (is_absolute(c))
			return conn_client_ended(c);
		conn_drain(c);
		return false;
	case FIRSTBYTES_REFUSE:
		conn_refuse(c, why, NULL);
		return false;
	}
	return false;
}

void conn_count(struct conn *c, uint64_t sent, uint64_t received)
{
	struct hostname host;
	char who[TELL_HOST];

	if (tally_bytes(c->e, &c->place, sent, received))
		return;
	host = conn_host(c);
	tally_again(c->e, &c->place, tell_host(&host, c->port, who), sent, received);
}

/* False: c is gone. */
static bool move(struct conn *c, struct pump *p, int from, int to, bool *again)
{
	uint64_t before = p->moved;
	enum pump_result r = pump_move(&c->e->pipes, p, from, to);

	if (p->moved != before) {
		bool out = (p == &c->up) == (c->by != CONN_BY_PUBLISH);

		conn_count(c, out ? p->moved - before : 0, out ? 0 : p->moved - before);
		conn_touch(c);
	}
	if (r == PUMP_ERROR) {
		conn_end(c, true);
		return false;
	}
	if (r == PUMP_MORE)
		*again = true;
	return true;
}

/* --- one host, then another */

/* The host has answered before, and must be through with it: no request comes to it any more. */
void conn_drain(struct conn *c)
{
	c->state = CONN_DRAIN;
	c->down.silent = true;
	shutdown(c->server, SHUT_WR);
	conn_touch(c);
	event_active(&c->client_event, EV_READ, 0);
}

/* What is left of its answer; then the next request. May free c. */
static void drain(struct conn *c)
{
	uint64_t before = c->down.moved;
	enum pump_result r = pump_move(&c->e->pipes, &c->down, c->server, c->client);

	if (c->down.moved != before) {
		conn_count(c, 0, c->down.moved - before);
		conn_touch(c);
	}
	if (r == PUMP_MORE)
		event_active(&c->client_event, EV_READ, 0);
	if (r == PUMP_ERROR && pump_gone(c->client)) {
		conn_end(c, true);
		return;
	}
	if (r != PUMP_END && r != PUMP_ERROR)
		return;
	log_conn(c);
	pump_stop(&c->e->pipes, &c->down);
	c->down.ended = c->down.silent = false;
	c->up.moved = c->down.moved = 0;
	c->since = resolve_now();
	conn_close_server(c, false);
	c->state = CONN_HEAD;
	on_client(c->client, EV_READ, c);
}

/* --- both directions */

/* A head of our own making goes before the next of the client's bytes. PUMP_MORE: it has gone. */
static enum pump_result move_head(struct conn *c)
{
	struct firstbytes_head *h = &c->first.head;

	while (h->at < h->n) {
		ssize_t n = send(c->server, h->text + h->at, h->n - h->at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? PUMP_WRITE : PUMP_ERROR;
		h->at += (size_t)n;
		c->up.moved += (size_t)n;
		conn_count(c, (uint64_t)n, 0);
		conn_touch(c);
	}
	firstbytes_gone(&c->first);
	return PUMP_MORE;
}

/* What the host says. False: c is gone. */
static bool move_down(struct conn *c, bool *again)
{
	bool through = true;

	firstbytes_hear(&c->first, c->server, &c->down.allow);
	if ((is_request(c) || is_absolute(c)) && !connproxy_head(c, &through))
		return false;
	return !through || move(c, &c->down, c->server, c->client, again);
}

/* Both directions, as far as they go. */
static void connected(struct conn *c)
{
	struct egress *e = c->e;
	uint64_t n = e->nconn, before = c->up.moved + c->down.moved;
	bool again = false;

	if (!move_down(c, &again))
		return;
	/* What was allowed goes out first; then the next bytes are looked at. */
	for (;;) {
		enum pump_result head = move_head(c);

		if (head == PUMP_ERROR) {
			conn_end(c, true);
			return;
		}
		if (head != PUMP_MORE)
			break;
		if (!move(c, &c->up, c->client, c->server, &again))
			return;
		if (c->up.ended || c->up.allow > 0 || c->up.held > 0)
			break;
		if (!check(c)) {
			if (e->nconn != n || c->state != CONN_OPEN)
				return;
			break;
		}
	}
	/* What a client says behind its request would make a close a reset, which overtakes the answer. */
	if (c->up.ended && c->down.ended && (is_request(c) || is_absolute(c)))
		conn_part(c);
	else if (c->up.ended && c->down.ended)
		conn_end(c, false);
	/* A reset shows in no read or write where none is tried. */
	else if (!c->down.ended && c->up.moved + c->down.moved == before && pump_gone(c->client))
		conn_end(c, true);
	else if (again)
		event_active(&c->client_event, EV_READ, 0);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	switch (c->state) {
	case CONN_OPEN:
		connected(c);
		break;
	case CONN_DRAIN:
		drain(c);
		break;
	case CONN_PART:
		parted(c);
		break;
	case CONN_ASK:
		connproxy_look(c);
		break;
	case CONN_HEAD:
		if (check(c))
			conn_look_up(c);
		break;
	case CONN_RESOLVING:
	case CONN_CONNECTING:
	case CONN_TUNNEL:
		break;
	}
}

static bool is_gateway(const struct ipaddr *a)
{
	struct ipaddr four, six;

	return ipaddr_parse(GATEWAY_IP4, sizeof(GATEWAY_IP4) - 1, &four) &&
	       ipaddr_parse(GATEWAY_IP6, sizeof(GATEWAY_IP6) - 1, &six) &&
	       (ipaddr_equal(a, &four) || ipaddr_equal(a, &six));
}

/* One that has closed looks like one that only says no more, until it is asked. */
static void watch(int fd)
{
	int one = 1, after = ASK_AFTER, again = ASK_AGAIN, times = ASK_TIMES;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &after, sizeof(after));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &again, sizeof(again));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
}

/* Nobody looks at what it says. */
static void refuse_at_once(struct egress *e, int fd, const struct hostname *host, uint16_t port,
			   const char *why)
{
	tell_not(e, EGRESS_REFUSED, 0, host, port, why, NULL,
		 &(struct connlog_line){ .since = resolve_now() });
	conn_reset(fd);
}

/*
 * The client has closed its end, as far as can be seen, and the host has all that it has said; of one that waits for its
 * host nothing was read, and what it has said would come before its end.
 */
static bool may_be_gone(const struct conn *c)
{
	if (c->state == CONN_OPEN)
		return c->up.ended && !c->down.ended;
	return c->state == CONN_CONNECTING && pump_source_ended(c->client);
}

/* Nobody will read what the host answers to such a client. */
static void make_room(struct egress *e)
{
	struct conn *c = e->oldest, *next;
	uint64_t now = resolve_now(), before = e->nconn;

	if (now - e->looked_for_room < ROOM_MS)
		return;
	for (unsigned asked = 0; c != NULL && asked < ROOM_ASKED; c = next) {
		next = c->newer;
		if (!may_be_gone(c))
			continue;
		asked++;
		if (orphan_is(e, c->by == CONN_BY_PUBLISH ? e->diag : e->gateway.diag, c->client,
			      c->by == CONN_BY_RULES))
			conn_end(c, false);
	}
	e->looked_for_room = e->nconn == before ? now : 0;
}

/* Anybody on this machine may come to a published port: the box keeps half for what goes out. */
static bool has_half(const struct egress *e)
{
	return e->npublished >= (e->most + 1) / 2;
}

static bool is_full(const struct egress *e, bool published)
{
	return e->nconn >= e->most || (published && has_half(e));
}

/* A place in the table, in which it waits for what comes; takes fd. NULL: there is none, and it is reset. */
static struct conn *new_conn(struct egress *e, int fd, enum conn_by by, const struct ipaddr *to,
			     uint16_t port)
{
	bool published = by == CONN_BY_PUBLISH;
	struct conn *c;

	if (is_full(e, published))
		make_room(e);
	c = !is_full(e, published) ? calloc(1, sizeof(*c)) : NULL;
	if (c == NULL) {
		struct conn none = { .e = e, .by = by, .literal = *to };
		struct hostname host;
		char why[WORDS];
		bool synthetic;

		none.name = names_find(&e->names, to, &synthetic);
		host = conn_host(&none);
		snprintf(why, sizeof(why), "%llu connections are open already",
			 (unsigned long long)(published && has_half(e) ? e->npublished : e->nconn));
		refuse_at_once(e, fd, &host, port, why);
		return NULL;
	}
	*c = (struct conn){ .e = e,
			    .by = by,
			    .client = fd,
			    .server = -1,
			    .port = port,
			    .ip6 = to->bytes == 16,
			    .literal = *to,
			    .pair = { -1, -1 },
			    .up = { .pipe = -1 },
			    .down = { .pipe = -1, .allow = PUMP_UNLIMITED },
			    .last = resolve_now(),
			    .since = resolve_now() };
	e->nconn++;
	e->npublished += by == CONN_BY_PUBLISH;
	make_newest(e, c);
	event_assign(&c->client_event, e->base, fd, EV_READ | EV_WRITE | EV_ET | EV_PERSIST, on_client, c);
	return c;
}

void conn_begin_port(struct egress *e, int fd, uint16_t port, int *pair)
{
	static const struct ipaddr four = { 4, { 127, 0, 0, 1 } }, six = { 16, { [15] = 1 } };
	struct resolved both = { .status = RESOLVE_OK, .n = 2, .address = { four, six } };
	struct conn *c = new_conn(e, fd, pair != NULL ? CONN_BY_PUBLISH : CONN_BY_HOST_PORT, &four, port);

	if (c == NULL) {
		for (int i = 0; pair != NULL && i < PORTS_PAIR; i++)
			mem_close_fd(&pair[i]);
		return;
	}
	if (pair != NULL)
		memcpy(c->pair, pair, sizeof(c->pair));
	c->up.allow = PUMP_UNLIMITED;
	watch(fd);
	event_add(&c->client_event, NULL);
	on_resolved(c, &both);
}

void conn_begin(struct egress *e, int fd, const struct ipaddr *to, uint16_t port)
{
	struct hostname host = hostname_of_addr(to);
	bool proxy = is_gateway(to) && port == EGRESS_PROXY_PORT;
	struct conn *c;

	if (is_gateway(to) && !proxy) {
		/* That a session begins with it is no news. */
		if (port == EGRESS_PROOF_PORT)
			conn_reset(fd);
		else
			refuse_at_once(e, fd, &host, port,
				       "there are the name server and the proxy, and nobody else");
		return;
	}
	c = new_conn(e, fd, CONN_BY_RULES, to, port);
	if (c == NULL)
		return;
	if (proxy) {
		c->proxy = calloc(1, sizeof(*c->proxy));
		if (c->proxy == NULL) {
			conn_end(c, true);
			return;
		}
	} else {
		c->state = CONN_HEAD;
		if (!conn_aim(c, &host, port))
			return;
	}
	watch(fd);
	event_add(&c->client_event, NULL);
	if (!proxy && !firstbytes_begin(&c->first, port))
		conn_look_up(c);
}

/* --- time */

static uint64_t limit_of(const struct conn *c)
{
	switch (c->state) {
	case CONN_ASK:
	case CONN_HEAD:
	case CONN_TUNNEL:
		return HEAD_MS;
	case CONN_DRAIN:
		return DRAIN_MS;
	case CONN_PART:
		return PART_MS;
	case CONN_RESOLVING:
		return UINT64_MAX;
	case CONN_CONNECTING:
		return CONNECT_MS;
	case CONN_OPEN:
		return c->up.ended || c->down.ended ? HALF_MS : IDLE_MS;
	}
	return 0;
}

static void too_long(struct conn *c)
{
	struct hostname host = conn_host(c);

	if (c->state == CONN_TUNNEL) {
		lose_upstream(c, -ETIMEDOUT, " does not answer");
		return;
	}
	if (c->state == CONN_ASK || c->state == CONN_HEAD)
		conn_tell(c, EGRESS_REFUSED, 0, &host, "its first bytes took more than half a minute", NULL);
	if (c->state != CONN_CONNECTING) {
		conn_end(c, true);
		return;
	}
	note_error(c, ETIMEDOUT);
	conn_close_server(c, false);
	try_next(c);
}

void conn_log_open(const struct egress *e)
{
	for (struct conn *c = e->oldest; c != NULL; c = c->newer)
		log_last(c);
}

/* A request may take its time, and is not ended for it: a proxy that is silent from the beginning is said. */
static void tell_silent(struct conn *c)
{
	struct hostname host = conn_host(c);
	char who[TELL_HOST], place[UPSTREAM_PLACE];

	c->waited = true;
	tell(c->e, EGRESS_LOST, -ETIMEDOUT,
	     "%s: the proxy %s has not answered for half a minute, and is still waited for",
	     tell_host(&host, c->port, who), upstream_place(way_of(c), place));
}

void conn_sweep(struct egress *e)
{
	uint64_t now = resolve_now();
	struct conn *c = e->oldest, *next;

	/* One whose next address is tried is the newest again, perhaps later than `now`. */
	for (; c != NULL && c->last < now && now - c->last > CONNECT_MS; c = next) {
		next = c->newer;
		if (c->state == CONN_OPEN && is_absolute(c) && !c->through && !c->waited &&
		    c->down.moved == 0 && now - c->last > HEAD_MS)
			tell_silent(c);
		if (now - c->last > limit_of(c))
			too_long(c);
	}
}
