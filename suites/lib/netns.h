/* SPDX-License-Identifier: MIT */
/*
 * The network that plays the host's for the scratch box: a network namespace of the
 * suite's own with loopback, one Ethernet device and a default route. What a
 * probe sends to an address outside goes nowhere, and no packet of a test ever
 * leaves the machine.
 */
#ifndef NETNS_H
#define NETNS_H

#include "diag.h"

/* Enters a new network namespace and furnishes it. What the kernel has no driver for is left out (then rows that need it are skipped). */
int netns_enter(struct diag *d);

#endif
