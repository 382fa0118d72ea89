/* SPDX-License-Identifier: MIT */
/* The environment inside, from data/env.def. No system calls. */
#ifndef ENV_H
#define ENV_H

#include "conf.h"
#include "diag.h"
#include "host.h"
#include "policy.h"

/*
 * Appends the variables of the box to policy->env: kept ones of host->env, those
 * of the configuration, and our own. policy->home and ->user must be set.
 * -EINVAL when the configuration names a variable of the refuse-list.
 */
int env_build(const struct conf *conf, const struct host *host, struct policy *policy, struct diag *d);

/* The shell of the user inside, owned. What the system shows must be in policy by now. */
char *env_shell(const struct host *host, const struct policy *policy);

/* Why the row of data/env.def that takes such a name from the caller, or refuses it; NULL: there is none. Borrowed. */
const char *env_why_kept(const char *name);
const char *env_why_refused(const char *name);

#endif
