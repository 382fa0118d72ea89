/* SPDX-License-Identifier: MIT */
/* A client of the proxy on a connection: what it asks for, and what it is answered until bytes go through. */
#include "connimpl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "egress/answerhead.h"
#include "egress/tell.h"

#define WORDS	    400
#define INTERIM_MAX 16 /* interim answers (100 to 199) to one request */

/* One at a time: what is looked at is judged before the next look. */
static char asked[HTTPHEAD_MAX];

static bool send_all(int fd, const char *text, size_t n)
{
	return n > 0 && send(fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

bool connproxy_answer(struct conn *c, enum proxy_answer what, int error, const char *words,
		      const struct proxy_said *said)
{
	char out[PROXY_ANSWER_MAX];
	size_t n;

	/* Behind a request whose answer may be on its way, this could be taken for that. */
	if (c->proxy->answered || (c->proxy->http.begun && c->server >= 0))
		return false;
	n = proxy_answer(c->proxy, what, error, words, said, out);
	c->proxy->answered = send_all(c->client, out, n);
	return c->proxy->answered;
}

static bool mistaken(struct conn *c, const struct proxy_said *said)
{
	static const struct hostname none = { .kind = HOSTNAME_NONE };

	conn_tell(c, EGRESS_REFUSED, 0, &none, said->why, NULL);
	if (connproxy_answer(c, PROXY_MISTAKEN, 0, said->why, said))
		conn_part(c);
	else
		conn_end(c, true);
	return false;
}

/* Whom the client wants to reach next. */
static bool wished(struct conn *c, const struct proxy_said *said)
{
	struct httphead_onward how = { 0 };

	c->proxy->host = said->host;
	c->proxy->port = said->port;
	if (c->name != NULL)
		c->name->used--;
	c->name = NULL;
	if (hostname_is_loopback(&said->host)) {
		c->literal = said->host.addr;
		c->port = said->port;
		conn_refuse(c, "the sandbox's own loopback is reached without the proxy (NO_PROXY)", NULL);
		return false;
	}
	if (!conn_aim(c, &said->host, said->port))
		return false;
	/* As without the proxy: Host is the name, and on 443 there is nothing but TLS. */
	if (!c->proxy->tunnel && c->name != NULL)
		conn_refuse(c, "refused: Host is another one", NULL);
	else if (!c->proxy->tunnel && said->port == 443)
		conn_refuse(c, "refused: port 443 is for TLS, and so for CONNECT", NULL);
	else if (!c->proxy->tunnel && conn_onward(c, &how) != NULL && how.auth != NULL &&
		 httphead_is_trace(&c->proxy->http.head, asked))
		conn_refuse(c, FIRSTBYTES_NO_TRACE, NULL);
	else if (c->proxy->tunnel && said->port == 80 && conn_wants_upstream(c))
		conn_tunnel_http(c);
	else
		conn_look_up(c);
	return false;
}

/* The bytes that were looked at are done with. */
static bool eat(struct conn *c, size_t n)
{
	return n == 0 || recv(c->client, NULL, n, MSG_TRUNC | MSG_DONTWAIT) == (ssize_t)n;
}

static bool pass_on(struct conn *c)
{
	struct httphead_onward how = { .close = true };
	size_t n = c->proxy->http.head.len;

	conn_onward(c, &how);
	if (firstbytes_rewrite(&c->first, &c->proxy->http, asked, &how, &c->up.allow) && eat(c, n))
		return true;
	conn_end(c, true);
	return false;
}

/* Of the host: what the client must not take for an answer, it does not get. False: c is gone. */
static bool odd(struct conn *c, const char *why)
{
	struct hostname host = conn_host(c);

	conn_tell(c, EGRESS_LOST, -EPROTO, &host, why, NULL);
	conn_end(c, true);
	return false;
}

/* The proxy outside asks for a login, which is not the client's matter: it gets words of ours for an answer. */
static bool no_login(struct conn *c)
{
	struct hostname host = conn_host(c);
	char why[WORDS], words[WORDS + TELL_HOST];

	upstream_words(&c->e->upstream, 407, why, sizeof(why));
	conn_tell(c, EGRESS_LOST, -EACCES, &host, why, NULL);
	tell_words(&host, c->port, why, NULL, words, sizeof(words));
	if (firstbytes_say(c->client, 502, words))
		conn_part(c);
	else
		conn_end(c, true);
	return false;
}

bool connproxy_head(struct conn *c, bool *ret_through)
{
	static char head[2 * ANSWERHEAD_MAX + ANSWERHEAD_GROWTH];

	while (!c->through) {
		/* Asked before the look: an end that comes later is another event. */
		bool ended = pump_source_ended(c->server);
		ssize_t n = recv(c->server, asked, ANSWERHEAD_MAX, MSG_PEEK | MSG_DONTWAIT);
		enum answerhead_result r = ANSWERHEAD_MORE;
		size_t used, len;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n > 0)
			r = answerhead_close(asked, (size_t)n, &used, head, &len);
		if (r == ANSWERHEAD_BAD)
			return odd(
			    c, "its answer to a request by the proxy is none of HTTP/1 that all read alike");
		if (c->via && r == ANSWERHEAD_FINAL && answerhead_status(asked) == 407)
			return no_login(c);
		if (n <= 0 || (r == ANSWERHEAD_MORE && ended)) {
			conn_end(c, true);
			return false;
		}
		if (r == ANSWERHEAD_MORE)
			break;
		if (!send_all(c->client, head, len) ||
		    recv(c->server, NULL, used, MSG_TRUNC | MSG_DONTWAIT) != (ssize_t)used) {
			conn_end(c, true);
			return false;
		}
		c->down.moved += len;
		conn_count(c, 0, len);
		conn_touch(c);
		c->through = r == ANSWERHEAD_FINAL;
		if (!c->through && ++c->interim > INTERIM_MAX)
			return odd(c, "it answers a request by the proxy with interim answers alone");
	}
	*ret_through = c->through;
	return true;
}

bool connproxy_look(struct conn *c)
{
	for (;;) {
		/* Asked before the look: an end that comes later is another event. */
		bool ended = pump_source_ended(c->client);
		ssize_t n = recv(c->client, asked, sizeof(asked), MSG_PEEK | MSG_DONTWAIT);
		struct proxy_said said;

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return conn_client_ended(c);
		if (n < 0)
			return false;
		switch (proxy_look(c->proxy, asked, (size_t)n, &said)) {
		case PROXY_BAD:
			return mistaken(c, &said);
		case PROXY_WAIT:
			return ended ? conn_client_ended(c) : false;
		case PROXY_STEP:
			if (send_all(c->client, (const char *)said.reply.byte, said.reply.n) &&
			    eat(c, said.used))
				continue;
			conn_end(c, true);
			return false;
		case PROXY_TUNNEL:
			if (eat(c, said.used))
				return wished(c, &said);
			conn_end(c, true);
			return false;
		case PROXY_BODY:
			c->up.allow = said.allow;
			return true;
		case PROXY_REQUEST:
			if (c->server < 0)
				return wished(c, &said);
			if (!c->proxy->http.begun)
				return pass_on(c);
			/*
			 * The answer says that the connection ends behind it, and it does: the host would answer
			 * for another one else, at any time that it likes.
			 */
			return conn_client_ended(c);
		}
	}
}
