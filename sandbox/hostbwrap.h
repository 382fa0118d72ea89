/* SPDX-License-Identifier: MIT */
/* The bubblewrap binary, judged from its bytes: running it to ask would cost a launch. Part of host. */
#ifndef HOSTBWRAP_H
#define HOSTBWRAP_H

#include "host.h"
#include "hostroot.h"
#include "strv.h"

/* Why one in an odd place is not run. */
#define HOSTBWRAP_ODD "not root's alone, or not in a directory of the system"

/* Adds the absolute directories of PATH, clean. */
void hostbwrap_path_dirs(char *const *env, struct strv *ret);
/*
 * Fills host->bwrap with the first of PATH that no sandbox and nobody but root can replace; when there is none, with
 * the first, marked as in an odd place. host->env is already known.
 */
void hostbwrap_find(struct hostroot *root, struct host *host);
/* The same on the live machine, without the other facts. ret->path is owned by the caller. */
int hostbwrap_ask(char *const *env, struct host_bwrap *ret, struct diag *d);
/* Sets the options that text[0..len) names. */
void hostbwrap_options(const char *text, size_t len, struct host_bwrap *ret);

#endif
