/* SPDX-License-Identifier: MIT */
/* Looks for the agent, and for the node that it is run by. Part of host; nothing else includes it but policy's agent.c. */
#ifndef HOSTAGENT_H
#define HOSTAGENT_H

#include "host.h"
#include "hostroot.h"

/* Fills h->agent with everything that PATH and agents.def lead to, in their order. */
void hostagent_find(struct hostroot *root, struct host *h);
void hostagent_done(struct host *h);

#endif
