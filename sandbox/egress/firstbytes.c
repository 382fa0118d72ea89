/* SPDX-License-Identifier: MIT */
#include "firstbytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "egress/clienthello.h"
#include "egress/httphead.h"
#include "egress/pump.h"
#include "util.h"

#define ROOM 16384

_Static_assert(ROOM >= CLIENTHELLO_MAX && ROOM >= HTTPHEAD_MAX, "a whole head");

struct firstbytes_http {
	struct httphead head;
	struct httpbody body;
	bool in_body, last; /* no request may follow */
	bool begun;	    /* a request has gone out: its answer may be on its way */
};

/* One at a time: what is looked at is judged before the next look. */
static char bytes[ROOM];

bool firstbytes_begin(struct firstbytes *f, uint16_t port)
{
	*f = (struct firstbytes){ .what = port == 443  ? FIRSTBYTES_TLS
					  : port == 80 ? FIRSTBYTES_HTTP
						       : FIRSTBYTES_PERHAPS_TLS };
	return f->what != FIRSTBYTES_PERHAPS_TLS;
}

void firstbytes_done(struct firstbytes *f)
{
	free(f->http);
	f->http = NULL;
}

/*
 * The name that was said is that of the connection. One for a literal address may say any name that no rule denies:
 * the address itself was allowed.
 */
static bool same_host(const struct hostname *said, const struct hostname *host, uint16_t port,
		      const struct hostrules *rules)
{
	if (hostname_equal(said, host))
		return true;
	return host->kind == HOSTNAME_ADDR && said->kind == HOSTNAME_NAME &&
	       hostrules_judge(rules, said, port).by != HOSTRULES_DENIED;
}

static enum firstbytes_result look_tls(const struct firstbytes *f, size_t n, const struct hostname *host,
				       uint16_t port, const struct hostrules *rules, const char **ret_why)
{
	struct hostname said;

	switch (clienthello_parse(bytes, n, &said, ret_why)) {
	case CLIENTHELLO_MORE:
		return FIRSTBYTES_WAIT;
	case CLIENTHELLO_NOT_TLS:
		if (f->what == FIRSTBYTES_PERHAPS_TLS)
			return FIRSTBYTES_GOOD;
		*ret_why = "refused: what came is not TLS, which port 443 is for";
		return FIRSTBYTES_REFUSE;
	case CLIENTHELLO_NAME:
	case CLIENTHELLO_ECH:
		if (said.kind != HOSTNAME_NONE) {
			*ret_why = "refused: TLS asked for another name";
			return same_host(&said, host, port, rules) ? FIRSTBYTES_GOOD : FIRSTBYTES_REFUSE;
		}
		__attribute__((fallthrough));
	case CLIENTHELLO_NONE:
		*ret_why = "refused: TLS without a server name";
		return host->kind == HOSTNAME_ADDR ? FIRSTBYTES_GOOD : FIRSTBYTES_REFUSE;
	case CLIENTHELLO_BAD:
	case CLIENTHELLOS:
		break;
	}
	return FIRSTBYTES_REFUSE;
}

static enum firstbytes_result look_head(struct firstbytes_http *h, size_t n, const struct hostname *host,
					uint16_t port, const struct hostrules *rules, uint64_t *ret_allow,
					const char **ret_why)
{
	switch (httphead_parse(&h->head, bytes, n)) {
	case HTTPHEAD_MORE:
		return FIRSTBYTES_WAIT;
	case HTTPHEAD_BAD:
		*ret_why = h->head.why;
		return FIRSTBYTES_REFUSE;
	case HTTPHEAD_DONE:
		break;
	}
	if (h->head.form == HTTPHEAD_CONNECT) {
		*ret_why = "refused: CONNECT, on port 80";
		return FIRSTBYTES_REFUSE;
	}
	if ((h->head.port != 0 && h->head.port != port) || !same_host(&h->head.host, host, port, rules)) {
		*ret_why = "refused: Host is another one";
		return FIRSTBYTES_REFUSE;
	}
	*ret_allow = h->head.len;
	httphead_body(&h->head, &h->body);
	h->in_body = h->body.state != 0;
	/* Its end is known: nobody need look at it. */
	if (h->head.framing == HTTPHEAD_LENGTH && h->head.length < UINT64_MAX - HTTPHEAD_MAX) {
		*ret_allow += h->head.length;
		h->in_body = false;
	}
	h->last = h->head.close;
	h->begun = true;
	h->head = (struct httphead){ 0 };
	return FIRSTBYTES_GOOD;
}

static enum firstbytes_result look_http(struct firstbytes *f, size_t n, const struct hostname *host,
					uint16_t port, const struct hostrules *rules, uint64_t *ret_allow,
					const char **ret_why)
{
	struct firstbytes_http *h = f->http;
	size_t used;

	if (h == NULL) {
		h = f->http = calloc(1, sizeof(*h));
		*ret_why = "out of memory";
		if (h == NULL)
			return FIRSTBYTES_REFUSE;
	}
	if (h->in_body) {
		used = httpbody_feed(&h->body, bytes, n);
		*ret_why = "refused: the parts of a chunked body do not meet";
		if (used == SIZE_MAX)
			return FIRSTBYTES_REFUSE;
		h->in_body = h->body.state != 0;
		*ret_allow = used;
		if (used > 0)
			return FIRSTBYTES_GOOD;
	}
	*ret_why = "refused: a request behind the last one of the connection";
	return h->last ? FIRSTBYTES_REFUSE : look_head(h, n, host, port, rules, ret_allow, ret_why);
}

enum firstbytes_result firstbytes_look(struct firstbytes *f, int fd, const struct hostname *host,
				       uint16_t port, const struct hostrules *rules, uint64_t *ret_allow,
				       const char **ret_why)
{
	/* Asked before the look: an end that comes later is another event. */
	bool ended = pump_source_ended(fd);
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	enum firstbytes_result r;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return FIRSTBYTES_END;
	if (n < 0)
		return FIRSTBYTES_WAIT;
	if (f->what == FIRSTBYTES_HTTP) {
		r = look_http(f, (size_t)n, host, port, rules, ret_allow, ret_why);
	} else {
		r = look_tls(f, (size_t)n, host, port, rules, ret_why);
		if (r == FIRSTBYTES_GOOD)
			*ret_allow = PUMP_UNLIMITED;
	}
	return r == FIRSTBYTES_WAIT && ended ? FIRSTBYTES_END : r;
}

bool firstbytes_answer(const struct firstbytes *f, int fd, const char *why)
{
	char text[700];
	int n;

	/* Behind a request that went out, this could be taken for its answer. */
	if (f->what != FIRSTBYTES_HTTP || f->http == NULL || f->http->begun)
		return false;
	n = snprintf(text, sizeof(text),
		     "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n"
		     "Content-Length: %zu\r\n\r\nclaude-sandbox: %s\n",
		     strlen(why) + sizeof("claude-sandbox: \n") - 1, why);
	if (n < 0 || (size_t)n >= sizeof(text) || send(fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) != n)
		return false;
	/* Bytes that nobody has read would make the close a reset, which overtakes the answer. */
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	return true;
}
