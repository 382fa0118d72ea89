/* SPDX-License-Identifier: MIT */
/*
 * The gateway: a second network namespace beside the box's, joined to it by a veth pair, in which every address is a
 * local one. Whatever the box connects to arrives at one listener there, with the address that was meant. Nothing is
 * forwarded, nobody lives in it: when its sockets are closed the kernel takes it down, and the box is alone.
 *
 * A kernel without veth(4) has the same on the box's own loopback: there the listener is in the box's network namespace,
 * at a port that takes privileges which nobody inside has, and TCP to other addresses than the box's own comes to it.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "egressmsg.h"

/* 198.18.0.0/15 is for tests of network devices (RFC 2544); the other prefix is a unique local one (RFC 4193). */
#define GATEWAY_IP4	   EGRESS_NAME_SERVER
#define GATEWAY_BOX_IP4	   "198.18.0.2"
#define GATEWAY_IP6	   "fd63:7362:1::1"
#define GATEWAY_BOX_IP6	   "fd63:7362:1::2"
#define GATEWAY_DNS_PORT   53
/*
 * How fast TCP sends between the box and the gateway, whatever the machine has for the internet: nothing is lost or late
 * on the way, and one that measures the way first (bbr) takes half of the speed. Every kernel has it.
 */
#define GATEWAY_CONGESTION "reno"

/* Where it listens in the gateway. Any port: connections to this very one arrive there anyway. */
#define GATEWAY_LISTENER 1

#define GATEWAY_LISTENERS 66

struct gateway_wish {
	uint16_t port[GATEWAY_LISTENERS / 2]; /* of GATEWAY_PORTS */
	size_t nport;
	enum gateway_way first; /* tests only: begin here; GATEWAY_NONE: with the best */
	/* A range of addresses that nobody has on the internet gets a route if a rule may mean one of it. */
	bool (*wanted)(void *arg, int family, const void *address, unsigned bits);
	void *arg;
};

struct gateway {
	enum gateway_way way;
	bool ip6;
	int dns; /* udp; owned, as are the others */
	int tcp[GATEWAY_LISTENERS];
	size_t ntcp;
	int inside[2 * EGRESS_PORTS]; /* listeners in the box (ports.h) */
	size_t ninside;
	int diag; /* a socket that knows who listens in the box; -1: there is none */
};

/*
 * Makes all of it. box: the descriptor of the box's network namespace. The caller is then in the box's user and network
 * namespaces, with every capability there: it must hand the sockets on and end.
 */
int gateway_make(int box, const struct gateway_wish *wish, struct gateway *ret, struct diag *d);
/* Every descriptor of it, one after the other: what one process gives and the other takes. */
#define GATEWAY_FDS (2 + GATEWAY_LISTENERS + 2 * EGRESS_PORTS)
size_t gateway_fds(struct gateway *g, int *fds[GATEWAY_FDS]);
/* The same for who is in the box's user namespace already. */
int gateway_make_within(int box, const struct gateway_wish *wish, struct gateway *ret, struct diag *d);
void gateway_done(struct gateway *g);
/* Of a listener for the box, before it listens; what is accepted has it: answers are not held back for more. -errno */
int gateway_inherited(int fd);

#endif
