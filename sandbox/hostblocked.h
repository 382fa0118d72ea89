/* SPDX-License-Identifier: MIT */
/* The files that the names of blocked_commands lead to. Part of host. */
#ifndef HOSTBLOCKED_H
#define HOSTBLOCKED_H

#include "host.h"
#include "hostroot.h"

/* Fills h->blocked. After the toolchains are known. */
void hostblocked_find(struct hostroot *root, const struct conf *conf, struct host *h);
void hostblocked_done(struct host *h);

#endif
