/* SPDX-License-Identifier: MIT */
/*
 * SOCKS 5 as a server (RFC 1928): no authentication, CONNECT, all three kinds of address. SOCKS 4
 * and 4a are recognised and refused in their own words. Pure: no system call, no allocation.
 *
 * Both sides take turns: greeting, reply, request, reply. A client that sends on without waiting
 * is fine; bytes beyond what a call used are the next step's.
 */
#ifndef SOCKS_H
#define SOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/hostname.h"

#define SOCKS_REPLY_MAX	  10
#define SOCKS_REQUEST_MAX 262 /* no step needs more bytes */

enum socks_result {
	SOCKS_BAD,  /* send `reply`, if it has bytes, and close */
	SOCKS_MORE, /* good so far */
	SOCKS_DONE, /* *ret_used bytes were this step */
};

/* The code of a reply (RFC 1928 section 6). */
enum socks_code {
	SOCKS_OK,
	SOCKS_FAILED,
	SOCKS_NOT_ALLOWED,
	SOCKS_NET_UNREACHABLE,
	SOCKS_HOST_UNREACHABLE,
	SOCKS_REFUSED,
	SOCKS_TTL,
	SOCKS_NO_COMMAND,
	SOCKS_NO_ADDRESS_TYPE,
};

struct socks_reply {
	uint8_t n; /* bytes to send; 0: nothing */
	uint8_t byte[SOCKS_REPLY_MAX];
};

/* The greeting: DONE when "no authentication" is offered. *ret_reply is set for DONE and BAD. */
enum socks_result socks_greeting(const void *buf, size_t n, size_t *ret_used, struct socks_reply *ret_reply);
/*
 * The request: on DONE host and port (never 0) are set, and a reply follows when the connection stands or is refused:
 * socks_reply. On BAD *ret_reply is what to send. A name with a NUL, a wrong length or any other spelling that
 * hostname.h refuses is BAD; a name that is an address is that address.
 */
enum socks_result socks_request(const void *buf, size_t n, size_t *ret_used, struct hostname *ret_host,
				uint16_t *ret_port, struct socks_reply *ret_reply);
/* The reply to a request. The bound address is 0.0.0.0:0. */
struct socks_reply socks_reply(enum socks_code code);

#endif
