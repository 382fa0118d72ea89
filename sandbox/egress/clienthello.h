/* SPDX-License-Identifier: MIT */
/*
 * The server name of a TLS ClientHello (RFC 8446, 6066), which may come in pieces and over
 * several records. Pure: asked again with more bytes until it knows; no allocation, no state.
 *
 * The same bytes go to the server afterwards, so what two parsers could read in two ways is
 * BAD: a second server_name, a list of two names, lengths that do not meet, handshake bytes
 * behind the hello in its record.
 */
#ifndef CLIENTHELLO_H
#define CLIENTHELLO_H

#include <stdbool.h>
#include <stddef.h>

#include "egress/hostname.h"

#define CLIENTHELLO_MAX	    16384 /* bytes from the first of the connection on; more are BAD */
#define CLIENTHELLO_RECORDS 64	  /* and so are more records */

enum clienthello {
	CLIENTHELLO_BAD,     /* begins as TLS, SSL 2 too, but is no ClientHello that we trust */
	CLIENTHELLO_MORE,    /* good so far, not whole; never at CLIENTHELLO_MAX bytes or more */
	CLIENTHELLO_NOT_TLS, /* the first bytes are none of a TLS handshake */
	CLIENTHELLO_NONE,    /* whole, and has no server name */
	CLIENTHELLO_NAME,    /* whole, *ret is its server name */
	/*
	 * whole, and has an encrypted hello (0xfe0d, or ESNI 0xffce): *ret is the outer name, kind NONE where there is
	 * none. Browsers send such an extension to everyone (GREASE), and nobody can tell it from a real one.
	 */
	CLIENTHELLO_ECH,
	CLIENTHELLOS
};

/*
 * The first n bytes of a connection. A server name is a HOSTNAME_NAME always (RFC 6066: no addresses).
 * *ret is zeroed unless NAME or ECH. *ret_len is the length of a whole one's records, 0 for all else. *ret_why (may be
 * NULL) is a static text for BAD and NOT_TLS.
 */
enum clienthello clienthello_parse(const void *buf, size_t n, struct hostname *ret, size_t *ret_len,
				   const char **ret_why);

enum clienthello_answer {
	CLIENTHELLO_ANSWER_MORE,  /* it can't be told yet */
	CLIENTHELLO_ANSWER_RETRY, /* HelloRetryRequest: a second ClientHello comes (RFC 8446, 4.1.4) */
	CLIENTHELLO_ANSWER_OTHER  /* none comes in the clear */
};

/* The first n bytes that the server says to a hello. It is believed: what it does is its own. */
enum clienthello_answer clienthello_answer(const void *buf, size_t n);
/* A record that a client may send before its second hello, told by the first n bytes: how long it is; 0: it is none such. */
size_t clienthello_between(const void *buf, size_t n);
#define CLIENTHELLO_HEADER 5 /* of these bytes it is told */

#endif
