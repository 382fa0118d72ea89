/* SPDX-License-Identifier: MIT */
/* Shows the agent's own installation, read-only, with exactly what it needs to run. Part of policy; pure. */
#ifndef AGENT_H
#define AGENT_H

#include "host.h"
#include "policy.h"

/*
 * Takes the first agent that no sandbox can change and that is visible or fits a
 * row of agents.def; adds what is missing of it to p->entry and sets p->agent, or
 * p->agent_why where there is none. After all binds.
 */
void agent_add(const struct host *h, struct policy *p);

#endif
