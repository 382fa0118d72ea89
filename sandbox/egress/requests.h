/* SPDX-License-Identifier: MIT */
/*
 * The requests of a connection of HTTP, one after the other: which bytes are a head, which a body, and that nothing is
 * behind the last one. Pure: no system call, no allocation.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/httphead.h"

struct requests {
	struct httphead head; /* of REQUESTS_HEAD */
	struct httpbody body;
	bool in_body, last; /* no request may follow */
	bool ours;	    /* `last` was our wish, not the client's: the next one takes another connection */
	bool begun;	    /* a request has gone out: its answer may be on its way */
};

enum requests_result {
	REQUESTS_BAD,  /* *ret_why says it */
	REQUESTS_WAIT, /* for more bytes */
	REQUESTS_BODY, /* *ret_allow bytes of a body: they go on */
	REQUESTS_HEAD  /* r->head: to be judged; requests_pass when it is good */
};

/* What the client's next n bytes are. Begin with {0}; as httphead_parse, the same bytes and more after WAIT. */
enum requests_result requests_look(struct requests *r, const char *buf, size_t n, uint64_t *ret_allow,
				   const char **ret_why);
/* The head goes on. How many bytes behind it may go without another look. */
uint64_t requests_pass(struct requests *r);
/* There is another connection to the host. */
void requests_anew(struct requests *r);
/*
 * The same, but the head goes on as httphead_write makes it: the number of its bytes in out, which has `size`. Behind
 * a body comes no other request: some servers would leave the body unread, and take it for one.
 */
size_t requests_rewrite(struct requests *r, const char *buf, const struct httphead_onward *how, char *out,
			size_t size, uint64_t *ret_allow);
#define REQUESTS_GROWTH 1200 /* that a head may grow by */
/* An answer of our own, after which the connection is closed: its bytes in out; 0: no room. */
size_t requests_answer(int status, const char *words, char *out, size_t size);

#endif
