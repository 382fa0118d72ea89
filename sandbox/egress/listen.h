/* SPDX-License-Identifier: MIT */
/* The listeners of the gateway: what comes, and what it was meant for. */
#ifndef LISTEN_H
#define LISTEN_H

#include "egress/egress.h"

void listen_begin(struct egress *e);

#endif
