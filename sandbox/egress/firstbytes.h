/* SPDX-License-Identifier: MIT */
/*
 * What a client says first, looked at where it lies in the socket and left there: the name in a TLS ClientHello, the
 * Host of each request on port 80. It must be the name that the connection is for. Bytes that were looked at are
 * allowed to go on, so many and no more.
 */
#ifndef FIRSTBYTES_H
#define FIRSTBYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "egress/hostrules.h"
#include "egress/httphead.h"

#define FIRSTBYTES_NO_TRACE "refused: TRACE, by a proxy with a login"

enum firstbytes_result {
	FIRSTBYTES_REFUSE, /* *ret_why says it */
	FIRSTBYTES_WAIT,   /* for more of them */
	FIRSTBYTES_END,	   /* there will be none; what is there is not whole */
	FIRSTBYTES_ANEW,   /* a request that takes another connection: look again when there is none */
	FIRSTBYTES_GOOD	   /* *ret_allow more bytes may go */
};

struct requests;

/* What goes to the host before the client's next bytes. */
struct firstbytes_head {
	char *text; /* owned */
	size_t n, at;
};

struct firstbytes {
	enum {
		FIRSTBYTES_PERHAPS_TLS,
		FIRSTBYTES_TLS,
		FIRSTBYTES_TLS_SAID,  /* the hello goes; nothing behind it before the host has answered */
		FIRSTBYTES_TLS_AGAIN, /* the host wants a second one */
		FIRSTBYTES_FREE,      /* nothing is looked at any more */
		FIRSTBYTES_HTTP
	} what;
	struct requests *http;	     /* owned */
	struct firstbytes_head head; /* a request's, that did not go as it came */
};

/* True: the client speaks first, and must have been heard before there is a connection to the host. */
bool firstbytes_begin(struct firstbytes *f, uint16_t port);
/*
 * The socket has something, or may have. host: whom the connection is for; how: its requests go on that way (NULL: as
 * they come, as far as that can be).
 */
enum firstbytes_result firstbytes_look(struct firstbytes *f, int fd, const struct hostname *host,
				       uint16_t port, const struct hostrules *rules,
				       const struct httphead_onward *how, uint64_t *ret_allow,
				       const char **ret_why);
/*
 * The host has something, or may have: *ret_allow bytes of it may go to the client. The answer to a hello is looked at
 * before, as who is asked for a second hello can ask for another name in it.
 */
void firstbytes_hear(struct firstbytes *f, int fd, uint64_t *ret_allow);
/* Tells a client that will understand it why it is refused: true. The connection is to be closed, not reset, then. */
bool firstbytes_answer(const struct firstbytes *f, int fd, const char *why);
/* The same to one of HTTP whose first request has not gone out. */
bool firstbytes_say(int fd, int status, const char *why);
/* The head of buf, written anew into f->head; *ret_allow bytes behind it may go. False: out of memory. */
bool firstbytes_rewrite(struct firstbytes *f, struct requests *r, const char *buf,
			const struct httphead_onward *how, uint64_t *ret_allow);
/* f->head has gone. */
void firstbytes_gone(struct firstbytes *f);
void firstbytes_done(struct firstbytes *f);

#endif
