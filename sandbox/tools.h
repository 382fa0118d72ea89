/* SPDX-License-Identifier: MIT */
/* What a profile shows and puts into PATH: data/tools.def x host. Part of policy; pure. */
#ifndef TOOLS_H
#define TOOLS_H

#include "conf.h"
#include "host.h"
#include "policy.h"

/* The whole PATH of the profile `minimal`. */
#define TOOLS_DIR   "/run/claude-sandbox/bin"
/* Where this project's folder of caches is until the command starts. */
#define TOOLS_CACHE "/run/claude-sandbox/cache"

/* The toolchains of the home. After all binds. */
void tools_add_home(const struct conf *conf, const struct host *h, struct policy *p);
/* The links of the profile `minimal`. After everything that is visible. */
/* The caches of `cache: project`. After everything else in the home. */
int tools_add_caches(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d);
void tools_add_links(const struct conf *conf, const struct host *h, struct policy *p);
/*
 * The tools of the profile that are not there, as "name (package), ...": owned; NULL: none. For where host looked for
 * them: with -v, --test and the profile `minimal`.
 */
char *tools_missing_text(const struct conf *conf, const struct host *h);
const char *tools_profile(const struct conf *conf);

#endif
