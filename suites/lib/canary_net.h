/* SPDX-License-Identifier: MIT */
/* The part of a site that is no file: sockets, FIFOs, shared memory, keys, descriptors. For canary.c. */
#ifndef CANARY_NET_H
#define CANARY_NET_H

#include "canary.h"
#include "diag.h"

/* Listeners without a path: TCP, UDP, abstract. */
int canary_net_listen(struct canary_site *s, struct diag *d);
/* One listening socket at a path, counted as the input `name`; 0 or -errno. */
int canary_net_socket(struct canary_site *s, const char *name, const char *path);
/* What can be said of the host without planting anything: interfaces, routes, its id. */
void canary_net_facts(struct canary_site *s);
/* All of them: also sockets and FIFOs in the site, shared memory and a key. */
int canary_net_plant(struct canary_site *s, struct diag *d);

#endif
