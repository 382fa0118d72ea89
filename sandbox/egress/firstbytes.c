/* SPDX-License-Identifier: MIT */
#include "firstbytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "egress/clienthello.h"
#include "egress/pump.h"
#include "egress/requests.h"
#include "util.h"

#define ROOM 16384

_Static_assert(ROOM >= CLIENTHELLO_MAX && ROOM >= HTTPHEAD_MAX, "a whole head");

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
	firstbytes_gone(f);
}

void firstbytes_gone(struct firstbytes *f)
{
	free(f->head.text);
	f->head = (struct firstbytes_head){ 0 };
}

bool firstbytes_rewrite(struct firstbytes *f, struct requests *r, const char *buf,
			const struct httphead_onward *how, uint64_t *ret_allow)
{
	size_t size = r->head.len + REQUESTS_GROWTH;
	char *text = malloc(size);

	if (text == NULL)
		return false;
	f->head = (struct firstbytes_head){ .text = text };
	f->head.n = requests_rewrite(r, buf, how, text, size, ret_allow);
	return f->head.n > 0;
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

static enum firstbytes_result look_hello(const struct firstbytes *f, size_t n, const struct hostname *host,
					 uint16_t port, const struct hostrules *rules, size_t *ret_len,
					 const char **ret_why)
{
	struct hostname said;

	switch (clienthello_parse(bytes, n, &said, ret_len, ret_why)) {
	case CLIENTHELLO_MORE:
		return FIRSTBYTES_WAIT;
	case CLIENTHELLO_NOT_TLS:
		if (f->what == FIRSTBYTES_PERHAPS_TLS)
			return FIRSTBYTES_GOOD;
		*ret_why = f->what == FIRSTBYTES_TLS ? "refused: what came is not TLS, which port 443 is for"
						     : "refused: no ClientHello where the host asked for one";
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

/* A second hello may ask for another name: it comes when the host wants one, and is looked at like the first. */
static enum firstbytes_result look_tls(struct firstbytes *f, size_t n, const struct hostname *host,
				       uint16_t port, const struct hostrules *rules, uint64_t *ret_allow,
				       const char **ret_why)
{
	bool again = f->what == FIRSTBYTES_TLS_AGAIN;
	enum firstbytes_result r;
	size_t len = again ? clienthello_between(bytes, n) : 0;

	if (len > 0) {
		*ret_allow = len;
		return FIRSTBYTES_GOOD;
	}
	if (again && n < CLIENTHELLO_HEADER)
		return FIRSTBYTES_WAIT;
	r = look_hello(f, n, host, port, rules, &len, ret_why);
	if (r != FIRSTBYTES_GOOD)
		return r;
	f->what = again || len == 0 ? FIRSTBYTES_FREE : FIRSTBYTES_TLS_SAID;
	*ret_allow = len > 0 ? len : PUMP_UNLIMITED;
	return r;
}

void firstbytes_hear(struct firstbytes *f, int fd, uint64_t *ret_allow)
{
	bool ended;
	ssize_t n;

	if (f->what != FIRSTBYTES_TLS_SAID)
		return;
	ended = pump_source_ended(fd);
	n = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	*ret_allow = 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !ended)
		return;
	switch (n > 0 ? clienthello_answer(bytes, (size_t)n) : CLIENTHELLO_ANSWER_OTHER) {
	case CLIENTHELLO_ANSWER_MORE:
		if (!ended && n < (ssize_t)sizeof(bytes))
			return;
		__attribute__((fallthrough));
	case CLIENTHELLO_ANSWER_RETRY:
		f->what = FIRSTBYTES_TLS_AGAIN;
		break;
	case CLIENTHELLO_ANSWER_OTHER:
		f->what = FIRSTBYTES_FREE;
		break;
	}
	*ret_allow = PUMP_UNLIMITED;
}

static enum firstbytes_result look_http(struct firstbytes *f, int fd, size_t n, const struct hostname *host,
					uint16_t port, const struct hostrules *rules,
					const struct httphead_onward *how, uint64_t *ret_allow,
					const char **ret_why)
{
	static const struct httphead_onward plain;
	struct requests *r = f->http;
	ssize_t len;

	if (r == NULL) {
		r = f->http = calloc(1, sizeof(*r));
		*ret_why = "out of memory";
		if (r == NULL)
			return FIRSTBYTES_REFUSE;
	}
	switch (requests_look(r, bytes, n, ret_allow, ret_why)) {
	case REQUESTS_BAD:
		return FIRSTBYTES_REFUSE;
	case REQUESTS_WAIT:
		return FIRSTBYTES_WAIT;
	case REQUESTS_BODY:
		return FIRSTBYTES_GOOD;
	case REQUESTS_HEAD:
		break;
	}
	if (r->head.form == HTTPHEAD_CONNECT) {
		*ret_why = "refused: CONNECT, on port 80";
		return FIRSTBYTES_REFUSE;
	}
	/* A proxy goes where Host says, whatever the address was that the client took. */
	if ((r->head.port != 0 && r->head.port != port) ||
	    !(how != NULL && how->absolute ? hostname_equal(&r->head.host, host)
					   : same_host(&r->head.host, host, port, rules))) {
		*ret_why = "refused: Host is another one";
		return FIRSTBYTES_REFUSE;
	}
	if (how != NULL && how->auth != NULL && httphead_is_trace(&r->head, (const char *)bytes)) {
		*ret_why = FIRSTBYTES_NO_TRACE;
		return FIRSTBYTES_REFUSE;
	}
	if (r->ours) {
		requests_anew(r);
		return FIRSTBYTES_ANEW;
	}
	len = (ssize_t)r->head.len;
	if (how == NULL && !r->head.offer && r->head.framing == HTTPHEAD_NO_BODY) {
		*ret_allow = (uint64_t)len;
		*ret_allow += requests_pass(r);
		return FIRSTBYTES_GOOD;
	}
	/*
	 * What the host leaves unread of a body is no request to it when the connection ends: that is said in one way
	 * only, whatever the client has said of it. And no other protocol is offered to it.
	 */
	*ret_why = "out of memory";
	return firstbytes_rewrite(f, r, bytes, how != NULL ? how : &plain, ret_allow) &&
		       recv(fd, NULL, (size_t)len, MSG_TRUNC | MSG_DONTWAIT) == len
		   ? FIRSTBYTES_GOOD
		   : FIRSTBYTES_REFUSE;
}

enum firstbytes_result firstbytes_look(struct firstbytes *f, int fd, const struct hostname *host,
				       uint16_t port, const struct hostrules *rules,
				       const struct httphead_onward *how, uint64_t *ret_allow,
				       const char **ret_why)
{
	/* Asked before the look: an end that comes later is another event. */
	bool ended = pump_source_ended(fd);
	ssize_t n;
	enum firstbytes_result r;

	if (f->what == FIRSTBYTES_FREE) {
		*ret_allow = PUMP_UNLIMITED;
		return FIRSTBYTES_GOOD;
	}
	n = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return FIRSTBYTES_END;
	if (n < 0)
		return FIRSTBYTES_WAIT;
	/* What the host answers decides. */
	if (f->what == FIRSTBYTES_TLS_SAID)
		return FIRSTBYTES_WAIT;
	if (f->what == FIRSTBYTES_HTTP)
		r = look_http(f, fd, (size_t)n, host, port, rules, how, ret_allow, ret_why);
	else
		r = look_tls(f, (size_t)n, host, port, rules, ret_allow, ret_why);
	return r == FIRSTBYTES_WAIT && ended ? FIRSTBYTES_END : r;
}

bool firstbytes_say(int fd, int status, const char *why)
{
	char text[1100];
	size_t n = requests_answer(status, why, text, sizeof(text));

	return n > 0 && send(fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

bool firstbytes_answer(const struct firstbytes *f, int fd, const char *why)
{
	/* Behind a request that went out, this could be taken for its answer. */
	if (f->what != FIRSTBYTES_HTTP || f->http == NULL || f->http->begun)
		return false;
	return firstbytes_say(fd, 403, why);
}
