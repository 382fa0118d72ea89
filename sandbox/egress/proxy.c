/* SPDX-License-Identifier: MIT */
#include "egress/proxy.h"

#include <errno.h>
#include <string.h>

static enum proxy_result look_socks(struct proxy *p, const char *buf, size_t n, struct proxy_said *ret)
{
	enum socks_result r;

	if (p->kind == PROXY_SOCKS)
		r = socks_greeting(buf, n, &ret->used, &ret->reply);
	else
		r = socks_request(buf, n, &ret->used, &ret->host, &ret->port, &ret->reply);
	if (r == SOCKS_MORE)
		return PROXY_WAIT;
	ret->why = "no SOCKS 5 without a password that connects to a host";
	if (r == SOCKS_BAD)
		return PROXY_BAD;
	if (p->kind == PROXY_SOCKS_GREETED) {
		p->tunnel = true;
		return PROXY_TUNNEL;
	}
	p->kind = PROXY_SOCKS_GREETED;
	return PROXY_STEP;
}

static enum proxy_result look_http(struct proxy *p, const char *buf, size_t n, struct proxy_said *ret)
{
	const struct httphead *head = &p->http.head;

	switch (requests_look(&p->http, buf, n, &ret->allow, &ret->why)) {
	case REQUESTS_BAD:
		return PROXY_BAD;
	case REQUESTS_WAIT:
		return PROXY_WAIT;
	case REQUESTS_BODY:
		return PROXY_BODY;
	case REQUESTS_HEAD:
		break;
	}
	ret->host = head->host;
	ret->port = head->port > 0 ? head->port : 80;
	if (head->form == HTTPHEAD_ABSOLUTE)
		return PROXY_REQUEST;
	/* Behind a request, its answer might still be on its way. */
	ret->why = "CONNECT behind another request";
	if (head->form == HTTPHEAD_CONNECT && !p->http.begun) {
		p->tunnel = true;
		ret->used = head->len;
		return PROXY_TUNNEL;
	}
	if (head->form != HTTPHEAD_CONNECT)
		ret->why = "this is the sandbox's proxy: ask for http://HOST/..., or CONNECT HOST:PORT";
	return PROXY_BAD;
}

enum proxy_result proxy_look(struct proxy *p, const char *buf, size_t n, struct proxy_said *ret)
{
	*ret = (struct proxy_said){ .why = "" };
	/* No method of HTTP begins with such a byte. */
	if (p->kind == PROXY_UNKNOWN)
		p->kind = buf[0] == 4 || buf[0] == 5 ? PROXY_SOCKS : PROXY_HTTP;
	return p->kind == PROXY_HTTP ? look_http(p, buf, n, ret) : look_socks(p, buf, n, ret);
}

static enum socks_code code_of(enum proxy_answer what, int error)
{
	if (what == PROXY_DONE)
		return SOCKS_OK;
	if (what == PROXY_REFUSED || error == EACCES)
		return SOCKS_NOT_ALLOWED;
	if (error == ECONNREFUSED)
		return SOCKS_REFUSED;
	if (error == ENETUNREACH)
		return SOCKS_NET_UNREACHABLE;
	return error == EHOSTUNREACH || error == ENOENT || error == ETIMEDOUT ? SOCKS_HOST_UNREACHABLE
									      : SOCKS_FAILED;
}

static int status_of(const struct proxy *p, enum proxy_answer what, int error)
{
	if (what == PROXY_MISTAKEN)
		return p->http.head.status > 0 ? p->http.head.status : 400;
	if (what == PROXY_REFUSED || error == EACCES)
		return 403;
	return error == ETIMEDOUT ? 504 : 502;
}

size_t proxy_answer(const struct proxy *p, enum proxy_answer what, int error, const char *words,
		    const struct proxy_said *said, char out[PROXY_ANSWER_MAX])
{
	static const char done[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	struct socks_reply reply;

	if (p->kind == PROXY_HTTP && what == PROXY_DONE) {
		memcpy(out, done, sizeof(done) - 1);
		return sizeof(done) - 1;
	}
	if (p->kind == PROXY_HTTP)
		return requests_answer(status_of(p, what, error), words, out, PROXY_ANSWER_MAX);
	if (p->kind == PROXY_UNKNOWN)
		return 0;
	reply = what == PROXY_MISTAKEN ? said->reply : socks_reply(code_of(what, error));
	memcpy(out, reply.byte, reply.n);
	return reply.n;
}
