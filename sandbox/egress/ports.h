/* SPDX-License-Identifier: MIT */
/*
 * Single ports across the border, each asked for by the user: --host-port, a port of this machine's loopback on the
 * box's loopback, and --publish, one of the box's on this machine's. Nothing of either leads anywhere else.
 *
 * Sockets belong to the network they were made in. What connects in the box is therefore made there, by the maker of
 * the gateway, which stays for that and can do nothing else (ports_make_sockets).
 */
#ifndef PORTS_H
#define PORTS_H

#include "egress/egress.h"

/* Listens at the published ports of this machine's loopback: where it has them, in both families. */
int ports_publish(struct ports *p, struct diag *d);
/* The same of the ports of this machine, in the network of the caller, which is the box's. */
int ports_inside(const struct ports *p, struct gateway *g, struct diag *d);
/* Makes sockets of the network of the caller, for as long as somebody takes them. Confines itself. */
void ports_make_sockets(int to) __attribute__((noreturn));
/* Whether who comes to them is let in; ports_begin begins with it. */
void ports_watch(struct egress *e, bool on);
/* In the relay: serves all of them. stock: where such sockets come from; -1: nothing is published. */
void ports_begin(struct egress *e, int stock);
/* Once a second: looks now and then for programs of the box that listen, and tells their ports. */
void ports_look(struct egress *e);

#endif
