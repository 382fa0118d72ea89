/* SPDX-License-Identifier: MIT */
/*
 * Whose program is gone. One that has closed its socket looks like one that only says no more, and its kernel (the box's; of
 * a published port this machine's) answers for it for a minute; but it knows, and is asked when there is no room.
 */
#ifndef ORPHAN_H
#define ORPHAN_H

#include "egress/egress.h"

/*
 * The other end of fd, which has come to a listener, belongs to no program any more. False: nobody knows. redirected: it
 * was meant for another address. diag: a socket of NETLINK_SOCK_DIAG, in the network of the other end; -1: there is none.
 */
bool orphan_is(const struct egress *e, int diag, int fd, bool redirected);
/* Such a socket, in the caller's network; -1: none. */
int orphan_ask(void);

#endif
