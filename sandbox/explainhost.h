/* SPDX-License-Identifier: MIT */
/* --explain of a host: what egress would say to it, by which rule, and what the tables know of it. */
#ifndef EXPLAINHOST_H
#define EXPLAINHOST_H

#include <stdio.h>

#include "conf.h"
#include "policy.h"

/* `text` is a name or address, with or without a port. Nothing is asked on the network. */
void explainhost(const struct conf *conf, const struct policy *policy, const char *text, FILE *out);

#endif
