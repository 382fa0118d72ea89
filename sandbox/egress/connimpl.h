/* SPDX-License-Identifier: MIT */
/* A connection as conn.c and its helper for the proxy's clients see it. */
#ifndef CONNIMPL_H
#define CONNIMPL_H

#include <event2/event_struct.h>

#include "egress/conn.h"
#include "egress/firstbytes.h"
#include "egress/proxy.h"
#include "egress/tally.h"

/* Who is asked whether it may be. */
enum conn_by {
	CONN_BY_RULES,
	CONN_BY_HOST_PORT, /* the user has, by --host-port */
	CONN_BY_PUBLISH	   /* from this machine into the box, by --publish */
};

enum conn_state {
	CONN_ASK,	/* of the proxy: whom it is for is yet to come */
	CONN_HEAD,	/* its first bytes decide whether there will be a connection */
	CONN_RESOLVING, /* it can't be ended: the answer will come */
	CONN_CONNECTING,
	CONN_TUNNEL, /* the proxy outside was asked for the host, and has not answered */
	CONN_OPEN,
	CONN_DRAIN, /* the client's next request takes another connection to the host: the rest of the answer on this one comes first */
	CONN_PART   /* refused in words: the client is to read them, what it still sends is thrown away */
};

struct conn {
	struct egress *e;
	struct conn *newer, *older;
	struct event client_event, server_event;
	int client, server; /* owned */
	enum conn_state state;
	enum conn_by by;
	int pair[PORTS_PAIR]; /* owned; sockets of the box, of a published port; -1: taken */
	bool ip6;	      /* how the box asked */
	uint16_t port;
	struct name *name; /* NULL: a literal address, which is: */
	struct ipaddr literal;
	struct proxy
	    *proxy; /* owned; NULL: it came by itself. It has the host, if that has no synthetic address */
	struct firstbytes first;
	struct pump up, down;
	struct resolved *to; /* owned; while connecting: what may be tried */
	size_t at;
	struct tally_place place;	 /* in the account, once it has reached its host */
	struct hostrules_answer allowed; /* why it may be, by name or literal address */
	bool logged;			 /* it has its line */
	bool via;			 /* by the proxy outside */
	bool tapped;	    /* by the one that keeps what passes, to the address that was judged */
	bool waited;	    /* it was told that the proxy does not answer a request */
	unsigned interim;   /* answers of the host before the one that counts */
	bool through;	    /* the head of that one has gone to the client */
	struct ipaddr peer; /* that was connected to */
	uint64_t since;	    /* ms: when it began */
	int error;	    /* of the last that was tried */
	uint64_t last;	    /* ms: when something moved */
};

/* Something has moved. */
void conn_touch(struct conn *c);
/* So much, for the account. */
void conn_count(struct conn *c, uint64_t sent, uint64_t received);
void conn_close_server(struct conn *c, bool reset);
/* Frees c, as everything does that ends it. */
void conn_end(struct conn *c, bool reset);
/*
 * Tells the launcher, and the client where it understands that. Ends c, at once or when it has read it. answer: as of
 * tell_not.
 */
void conn_refuse(struct conn *c, const char *why, const struct hostrules_answer *answer);
/* As tell_not: what came of it. */
void conn_tell(struct conn *c, enum egress_message what, int error, const struct hostname *host,
	       const char *why, const struct hostrules_answer *answer);
/* It was refused in words, which it is to read. */
void conn_part(struct conn *c);
/* Whom it is for. False: it was refused, and c is gone. */
bool conn_aim(struct conn *c, const struct hostname *host, uint16_t port);
/* On the way there. May free c. */
void conn_look_up(struct conn *c);
/* It was allowed, and could not be reached: as conn_refuse. */
void conn_lose(struct conn *c, int error, const char *why);
struct hostname conn_host(const struct conn *c);
/* It is one that goes by the proxy outside, as far as its host says. */
bool conn_wants_upstream(const struct conn *c);
/* How a request goes on: by that proxy, as *buf says; NULL, *buf untouched: to the host itself. */
const struct httphead_onward *conn_onward(const struct conn *c, struct httphead_onward *buf);
/* A client of the proxy is to speak HTTP in its tunnel, and each request takes its own way. May free c. */
void conn_tunnel_http(struct conn *c);
/* The client says no more. True: bytes may move; false: c is gone, or there is nothing to do. */
bool conn_client_ended(struct conn *c);

/* The client's next request takes another connection: what is left of the answer on this one comes first. */
void conn_drain(struct conn *c);

/* --- a client of the proxy: connproxy.c */

/* What it has not been told yet. False: it can't be. said: of PROXY_MISTAKEN. */
bool connproxy_answer(struct conn *c, enum proxy_answer what, int error, const char *words,
		      const struct proxy_said *said);
/* What it says next. As conn_client_ended. */
bool connproxy_look(struct conn *c);
/* What the host answers to a request, as far as its head. False: c is gone. *ret_through: all of the head has gone. */
bool connproxy_head(struct conn *c, bool *ret_through);

#endif
