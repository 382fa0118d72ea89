/* SPDX-License-Identifier: MIT */
/* The bubblewrap binary, judged from its bytes: running it to ask would cost a launch. Part of host. */
#ifndef HOSTBWRAP_H
#define HOSTBWRAP_H

#include "host.h"
#include "hostroot.h"
#include "strv.h"

/* Adds the absolute directories of PATH, clean. */
void hostbwrap_path_dirs(char *const *env, struct strv *ret);
/* Fills host->bwrap; host->env, uid and gid are already known. */
void hostbwrap_find(struct hostroot *root, struct host *host);
/* Sets the options that text[0..len) names. */
void hostbwrap_options(const char *text, size_t len, struct host_bwrap *ret);

#endif
