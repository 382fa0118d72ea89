/* SPDX-License-Identifier: MIT */
/*
 * A connection of the box: what it is for, whether that may be, what its first bytes say, where it goes. Refusals and
 * failures are a reset. Bounded: by the number of descriptors; what is above it is reset at once.
 */
#ifndef CONN_H
#define CONN_H

#include "egress/egress.h"

/* A connection that the listener accepted; takes fd. to: what the box meant. */
void conn_begin(struct egress *e, int fd, const struct ipaddr *to, uint16_t port);
/*
 * A connection at a port that was asked for by number; takes fd. pair NULL: of the box, to that port of this machine's
 * loopback; else of this machine, to the box's, by one of these sockets of the box, which are taken, too.
 */
void conn_begin_port(struct egress *e, int fd, uint16_t port, int *pair);
/* Logs those that are there: this is the end. */
void conn_log_open(const struct egress *e);
/* Once a second: ends those that wait for too long. */
void conn_sweep(struct egress *e);
/* fd is closed with a reset. */
void conn_reset(int fd);

#endif
