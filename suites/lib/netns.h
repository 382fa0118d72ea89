/* SPDX-License-Identifier: MIT */
/*
 * The network that plays the host's for the scratch box: a network namespace of the
 * suite's own with loopback, one Ethernet device and a default route, and one for the
 * hosts outside at the other end of the cable. What a probe sends to an address
 * outside goes there, and no packet of a test ever leaves the machine.
 */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>

#include "diag.h"

/*
 * Enters a new network namespace and furnishes both. What the kernel has no driver for is left out (then rows that
 * need it are skipped).
 */
int netns_enter(struct diag *d);
/* Whether there is another end: veth(4). */
bool netns_has_outside(void);
/* Whether IPv6 leads there, too. */
bool netns_has_outside6(void);
/* Whether this kernel has the rules of nf_tables that refuse datagrams in a box. */
bool netns_has_rules(void);
/*
 * A bound socket, listening when it is a stream, at an address that is made an own one of that side, but for the
 * loopback's. Owned; -errno.
 */
int netns_socket(bool out, const char *address, unsigned port, int type);

#endif
