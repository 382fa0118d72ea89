/* SPDX-License-Identifier: MIT */
/*
 * The proxy outside by which connections go out (--upstream): which do, where it is, what it is asked. Its own address
 * is the user's word and may be any; the hosts behind it are judged by their names before it is asked. What a name
 * leads to is its choice: where this machine knows the name as well, its addresses are judged all the same.
 */
#ifndef UPSTREAM_H
#define UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "egress/hostrules.h"
#include "egress/resolve.h"

struct egress;

struct upstream {
	struct hostname host; /* kind NONE: there is none */
	uint16_t port;
	char *auth;		 /* owned; the text behind "Proxy-Authorization: "; NULL: no login */
	struct hostrules direct; /* who is not behind it */
	struct resolved at;	 /* where it was found last */
};

/* "HOST:PORT<tab>LOGIN", as the launcher says it. Changes text. */
int upstream_read(struct upstream *u, char *text, struct diag *d);
/* Whether a connection to that host, which `answer` allows, goes by it. port 0: any. */
bool upstream_takes(const struct upstream *u, const struct hostname *host, uint16_t port,
		    const struct hostrules_answer *answer);
/* Whether that is the proxy itself, which nobody inside speaks to. */
bool upstream_is(const struct upstream *u, const struct hostname *host, uint16_t port);
/* Its addresses; calls `done` once, perhaps before it returns. */
void upstream_find(struct egress *e, resolve_done *done, void *arg);
/* What asks it for a tunnel to `at`, which is `host` or an address of it: the number of bytes. */
#define UPSTREAM_ASK 2048
size_t upstream_ask(const struct upstream *u, const struct hostname *at, const struct hostname *host,
		    uint16_t port, char out[UPSTREAM_ASK]);
/* "proxy.example:3128"; buf has UPSTREAM_PLACE bytes. Returns it. */
#define UPSTREAM_PLACE (HOSTNAME_MAX + 10)
const char *upstream_place(const struct upstream *u, char *buf);
/* "the proxy HOST:PORT does not allow it (403)": what such an answer means. Returns buf. */
const char *upstream_words(const struct upstream *u, int status, char *buf, size_t size);

#endif
