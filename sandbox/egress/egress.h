/* SPDX-License-Identifier: MIT */
/* What the parts of the relay share. One process, one thread, one loop. */
#ifndef EGRESS_H
#define EGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <event2/event.h>

#include "egress/gateway.h"
#include "egress/hostrules.h"
#include "egress/names.h"
#include "egress/netlink.h"
#include "egress/pump.h"
#include "egress/resolve.h"
#include "egress/upstream.h"
#include "egressmsg.h"

/* Connections at once, whatever the limit of descriptors: the table is bounded. */
#define EGRESS_CONNECTIONS 100000
/* Descriptors that are not connections': the gateway's, c-ares', what is accepted to be refused. */
#define EGRESS_RESERVE	   128

/* Asked for, by number; PORTS_TOLD: what is told of those that listen inside. */
#define PORTS_TOLD 8
#define PORTS_PAIR 2 /* sockets that come together: one of each family */
struct ports {
	uint16_t host[EGRESS_PORTS], publish[EGRESS_PORTS];
	size_t nhost, npublish;
	int listener[2 * EGRESS_PORTS]; /* owned; at the published ones of this machine */
	struct event *event[2 * EGRESS_PORTS], *inside_event[2 * EGRESS_PORTS];
	size_t nlistener;
	int stock;
	struct event *stock_event, *stock_end;
	uint16_t told[PORTS_TOLD];
	size_t ntold;
	unsigned seconds;
};

struct conn;

struct egress {
	struct event_base *base;
	struct hostrules rules;
	struct upstream upstream;
	struct upstream
	    tap; /* who keeps what passes (--mitmproxy): it is told the address, and only connects */
	struct names names;
	struct resolve *resolve;
	struct gateway gateway;
	struct event *listener[GATEWAY_LISTENERS]; /* of the gateway */
	int diag;	       /* a socket that knows whose connections of this machine are gone; -1: none */
	bool paused;	       /* no descriptor or memory was free: the listeners wait for the next second */
	struct netlink routes; /* of this machine: whether an address is its own */
	struct pump_pipes pipes;
	struct ports ports;
	int control;

	/* by their last activity */
	struct conn *newest, *oldest;
	uint64_t nconn, npublished, most; /* npublished: of nconn; they have half of the room */
	uint64_t looked_for_room;	  /* ms: in vain */

	/* names that were refused last, by a hash: a resolver asks for both families, which is one refusal */
	struct {
		struct hostname name;
		unsigned families;
		uint64_t at;
	} denied[16];

	/* for the reports */
	int log; /* -1: none */
	bool log_torn;
	struct egress_account *account;
	uint32_t hosts[EGRESS_SIDES][EGRESS_ROWS]; /* a hash of the host of each of its rows */
	uint64_t told[256];			   /* hashes of what was said last */
	double tell;				   /* tokens */
	uint64_t tell_at;
};

#endif
