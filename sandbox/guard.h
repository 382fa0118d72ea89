/* SPDX-License-Identifier: MIT */
/* Guard rails: what may not be a project, what may not be bound. Part of policy; pure. */
#ifndef GUARD_H
#define GUARD_H

#include "conf.h"
#include "diag.h"
#include "host.h"
#include "policy.h"

/* The machine can run a sandbox at all: a user to run it as, a bwrap that can be trusted. */
int guard_host(const struct conf *conf, const struct host *h, struct diag *d);
/* That a bwrap is installed, and PATH does not lead to it: b->beside is known. */
void guard_say_beside(const struct host_bwrap *b, struct diag *d);
/* The row of creds.def that `path` is or lies in, of any home; NULL: none. */
const char *guard_cred(const struct host *h, const char *path);
/* The project is a directory, and none that the user would lose by handing it over. */
int guard_project(const struct conf *conf, const struct host *h, const struct host_node *project,
		  struct diag *d);
/* A requested bind exists and uncovers no credential row but one that it names itself. */
int guard_bind(const struct policy *p, const struct host *h, const struct conf_item *item,
	       const struct host_node *n, enum policy_access access, struct diag *d);
/* No symlink on the way to a requested bind could have been planted by a session before. */
int guard_planted(const struct conf *conf, const struct policy *p, const struct host *h,
		  const struct conf_item *item, const char *real, struct diag *d);
/* $HOME can be covered with a fresh one at its own path: it exists and is no part of the system (HOME=/, /bin, /dev). */
bool guard_home(const struct host *h);
/*
 * Adds the homes that credentials can lie in: the caller's, by $HOME and by the passwd file, then those of
 * root and of every person of that file, unresolved. Returns how many are the caller's; one may come twice.
 */
size_t guard_homes(const struct host *h, struct strv *ret);
/* Why the agent's state can't be taken from the directory `path`, real; NULL when it can. */
const char *guard_state(const struct host *h, const char *path);
/* True when a bind of `path` shows the credential at `cred`: it is it, or lies in it. */
bool guard_touches(const char *path, const char *cred);

#endif
