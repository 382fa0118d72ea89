/* SPDX-License-Identifier: MIT */
/* From this machine to a host: whether an address is the machine's own, and the beginning of a connection. */
#ifndef REACH_H
#define REACH_H

#include "egress/egress.h"

/* At this moment; also one that a gateway outside would lead back. */
bool reach_is_own(struct egress *e, const struct ipaddr *a);
/* The socket on its way there; -1, errno. */
int reach_from(int fd, const struct ipaddr *a, uint16_t port);
/* A socket on its way there, owned; -errno. */
int reach_begin(const struct ipaddr *a, uint16_t port);

#endif
