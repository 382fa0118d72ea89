/* SPDX-License-Identifier: MIT */
/* The listeners of the gateway: what comes, and what it was meant for. */
#ifndef LISTEN_H
#define LISTEN_H

#include "egress/egress.h"

void listen_begin(struct egress *e);
/* What the box connected to by the connection fd that it made. False: it can't be told. */
bool listen_meant(const struct egress *e, int fd, struct ipaddr *ret, uint16_t *ret_port);

#endif
