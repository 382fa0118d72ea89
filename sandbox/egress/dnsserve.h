/* SPDX-License-Identifier: MIT */
/*
 * The box's name server. Names that policy allows exactly are answered at once, those below a wildcard when this
 * machine's servers have said that they exist; all others do not exist, and nobody is asked.
 */
#ifndef DNSSERVE_H
#define DNSSERVE_H

#include "egress/egress.h"

/* Serves the gateway's datagrams. */
void dnsserve_begin(struct egress *e);
/* A stream that was accepted at the gateway's address; takes fd. */
void dnsserve_stream(struct egress *e, int fd);

#endif
