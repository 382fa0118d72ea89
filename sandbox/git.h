/* SPDX-License-Identifier: MIT */
/* What of git's configuration is inside: data/gitkeys.def x what host found. Part of policy; pure. */
#ifndef GIT_H
#define GIT_H

#include <stdbool.h>
#include "conf.h"
#include "host.h"
#include "policy.h"

/* The private copies, number N of policy.git.config in GIT_COPIES/N/config, and the links that lead to them. */
#define GIT_COPIES "/run/claude-sandbox/git"
#define GIT_LINKS  "/run/claude-sandbox/gitlink"

/* Adds to p->entry and p->git. After all binds. Refuses what leads git on the host to where the sandbox can write. */
int git_add(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d);

/* Whether a key with that value (NULL: it stands alone) may go back to the host. dir: of a repository that is new; NULL: none. */
bool git_goes_back(const char *key, const char *value, const char *project, const char *dir);
/* The command in the value of a key that git, or a program that keeps its settings there, starts; NULL: none. */
const char *git_program(const char *key, const char *value);

#endif
