/* SPDX-License-Identifier: MIT */
/*
 * The proxy for programs that want one, all on one port: HTTP's (CONNECT, and requests for http:// URLs, one after the
 * other on a connection) and SOCKS 5; the first byte tells which. What a client wants, and how it is answered. Pure:
 * no system call, no allocation.
 */
#ifndef PROXY_H
#define PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/hostname.h"
#include "egress/requests.h"
#include "egress/socks.h"

struct proxy {
	enum { PROXY_UNKNOWN, PROXY_SOCKS, PROXY_SOCKS_GREETED, PROXY_HTTP } kind;
	bool tunnel;   /* the wish is a connection; else requests */
	bool answered; /* the client knows what became of that: its bytes are the host's from here on */
	struct hostname host; /* what was wished last */
	uint16_t port;
	struct requests http;
};

enum proxy_result {
	PROXY_BAD,     /* answer with PROXY_MISTAKEN and ->why, and close */
	PROXY_WAIT,    /* for more bytes */
	PROXY_STEP,    /* ->used bytes are done with; send ->reply and look again */
	PROXY_TUNNEL,  /* ->used bytes were the wish for a connection to ->host, ->port */
	PROXY_REQUEST, /* a request to ->host, ->port, whose head is p->http.head */
	PROXY_BODY     /* ->allow bytes of a body: they go on */
};

struct proxy_said {
	size_t used;
	struct socks_reply reply;
	struct hostname host;
	uint16_t port;
	uint64_t allow;
	const char *why;
};

/* The client's next n bytes, at least one. Begin with *p = {0}; the same bytes and more after PROXY_WAIT. */
enum proxy_result proxy_look(struct proxy *p, const char *buf, size_t n, struct proxy_said *ret);

enum proxy_answer {
	PROXY_MISTAKEN, /* it is no wish that could be granted */
	PROXY_REFUSED,
	PROXY_LOST, /* the host could not be reached: error; EACCES: somebody else does not allow it */
	PROXY_DONE  /* the connection stands */
};

#define PROXY_ANSWER_MAX 1024

/* The bytes of an answer; said: of PROXY_MISTAKEN, else NULL. 0: this client gets none. */
size_t proxy_answer(const struct proxy *p, enum proxy_answer what, int error, const char *words,
		    const struct proxy_said *said, char out[PROXY_ANSWER_MAX]);

#endif
