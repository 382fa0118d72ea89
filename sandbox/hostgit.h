/* SPDX-License-Identifier: MIT */
/* Reads what git would: the repository's directories and configs, the user's own config. Part of host; nothing else includes it. */
#ifndef HOSTGIT_H
#define HOSTGIT_H

#include "conf.h"
#include "host.h"
#include "hostroot.h"

/* Fills h->git. After the nodes of project and binds. */
void hostgit_read(struct hostroot *root, const struct conf *conf, struct host *h);
void hostgit_done(struct host *h);

#endif
