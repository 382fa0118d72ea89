/* SPDX-License-Identifier: MIT */
/* The listeners of the gateway: what comes, and what it was meant for. */
#ifndef LISTEN_H
#define LISTEN_H

#include "egress/egress.h"

void listen_begin(struct egress *e);
/* The next that waits at the listener fd; owned. -1: nobody, at the moment. who: for whom it is, as a report says it. */
int listen_accept(struct egress *e, int fd, const char *who);
/* An error that may be over in a moment: no descriptor or no memory is free. */
bool listen_is_short(int error);
/*
 * There is no descriptor or no memory for who waits: no listener is looked at until listen_again. The kernel holds who
 * comes meanwhile.
 */
void listen_pause(struct egress *e, int error, const char *who);
/* Once a second. */
void listen_again(struct egress *e);
/* What the box connected to by the connection fd that it made. False: it can't be told. */
bool listen_meant(const struct egress *e, int fd, struct ipaddr *ret, uint16_t *ret_port);

#endif
