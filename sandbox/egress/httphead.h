/* SPDX-License-Identifier: MIT */
/*
 * Requests of HTTP/1.0 and 1.1, one by one (RFC 9112): the head, and where its body ends, so that
 * the next head on the connection is judged too. For proxy requests (CONNECT, absolute-form) and
 * for the transparent port 80. Pure: no system call, no allocation.
 *
 * The server reads the same bytes, so what two parsers could read in two ways is BAD: bare CR or LF, a folded
 * line, space around a field's name, two Hosts, two lengths, a length beside Transfer-Encoding, a coding
 * other than chunked, a chunk extension or trailer, control bytes, another protocol (Upgrade, PRI), a body that
 * some servers leave unread (that of a GET), unless the connection ends behind it. A Host
 * must stand in each HTTP/1.1 request, and in each that is not CONNECT; it must be the host of an absolute-form
 * or CONNECT target. One offer to upgrade is no refusal, that of h2c, which Java makes with each plain request: a server
 * may ignore it (RFC 9110 7.8), and to be sure that it does, it never gets it.
 */
#ifndef HTTPHEAD_H
#define HTTPHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/hostname.h"

#define HTTPHEAD_MAX	16384 /* bytes of a head; more are BAD */
#define HTTPHEAD_FIELDS 100   /* lines of fields; more are BAD */

enum httphead_result {
	HTTPHEAD_BAD,  /* refuse with h->status, then close */
	HTTPHEAD_MORE, /* good so far, not whole; never at HTTPHEAD_MAX bytes or more */
	HTTPHEAD_DONE, /* h->len bytes are the head */
};

enum httphead_form {
	HTTPHEAD_ORIGIN,   /* GET /path: the host is Host's */
	HTTPHEAD_ABSOLUTE, /* GET http://host/path: to a proxy */
	HTTPHEAD_CONNECT,  /* CONNECT host:port: to a proxy; host and port are the target */
	HTTPHEAD_ASTERISK, /* OPTIONS * */
};

enum httphead_framing { HTTPHEAD_NO_BODY, HTTPHEAD_LENGTH, HTTPHEAD_CHUNKED };

struct httphead {
	size_t seen; /* bytes that were looked at before; the caller keeps it between calls for one request */
	size_t len;  /* of the head, the empty line included */
	enum httphead_form form;
	struct hostname host; /* where the request wants to go */
	uint16_t port;	      /* 0: none was said; then 80 */
	bool http10;
	bool close;  /* "Connection: close", or 1.0 without keep-alive: no request may follow */
	bool expect; /* "Expect: 100-continue" */
	bool offer;  /* to go on in h2c: must not go on as it is; httphead_write leaves it out */
	enum httphead_framing framing;
	uint64_t length; /* of HTTPHEAD_LENGTH */
	/* Offsets into the bytes that were parsed. */
	size_t method_len;	  /* the method begins at 0 */
	size_t path_at, path_len; /* origin-form of the target; empty: "/" (absolute-form without path) */
	size_t fields_at;	  /* the first line of fields */
	int status;		  /* of BAD: 400, 413, 431, 501, 505 */
	const char *why;	  /* of BAD, static: "two Host fields" */
	size_t at;		  /* of BAD: the byte */
};

/*
 * The first n bytes that the connection has for this request. Begin with *h = {0}; on MORE call again with the
 * same bytes and more. Bytes that can't be a head any more are BAD at once, not at the end.
 */
enum httphead_result httphead_parse(struct httphead *h, const char *buf, size_t n);
struct httphead_onward {
	bool absolute;	  /* to a proxy */
	bool close;	  /* with "Connection: close" for whatever it said */
	const char *auth; /* of the proxy, the text behind "Proxy-Authorization: "; NULL: none */
};

/*
 * Whether its answer is the request as it came (RFC 9110, 9.3.8), with what a proxy was told of us. In any case: some
 * proxies take a method so.
 */
bool httphead_is_trace(const struct httphead *h, const char *buf);

/*
 * The head as it goes to the server itself: origin-form, "Host" as in the request, fields of the proxy (Proxy-*)
 * and an offer of h2c left out, all else as it came. The number of bytes written to out, which has `size` (h->len + 300, and the length of
 * auth, is always enough); 0: no room. Not for CONNECT.
 */
size_t httphead_write(const struct httphead *h, const char *buf, const struct httphead_onward *how, char *out,
		      size_t size);

/* Where a body is. Begin with httphead_body. */
struct httpbody {
	int state;     /* 0: at its end */
	uint64_t left; /* of the body or of the chunk */
	unsigned digits;
	const char *why; /* of SIZE_MAX, static */
};

void httphead_body(const struct httphead *h, struct httpbody *ret);
/*
 * Of n bytes those that belong to the body, which go on as they are: fewer than n at its end (then
 * b->state is 0 and the rest is the next request). SIZE_MAX: bad chunks, b->why; close.
 */
size_t httpbody_feed(struct httpbody *b, const char *buf, size_t n);

#endif
