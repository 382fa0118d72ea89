/* SPDX-License-Identifier: MIT */
/* What the next launch would trust must not be what this sandbox can write; and how the paths that it was given lead there. */
#ifndef TRUST_H
#define TRUST_H

#include "conf.h"
#include "diag.h"
#include "policy.h"

/*
 * Looks at the live machine: the program, its parts, the config file, the waivers, and the symlinks on the way to the
 * project and to requested binds. Refuses, or adds to policy->weaker. policy->init is already known.
 */
int trust_check(const struct conf *conf, char *const *env, struct policy *policy, struct diag *d);

/*
 * The directory of this program and of its parts, and what lies in them: -EPERM when somebody besides root and the
 * caller owns one of them or may write to it.
 */
int trust_parts(const char *libexec, struct diag *d);

/*
 * A file that is kept between runs, which may not exist yet: -EPERM when the sandbox can write to it or to a
 * place on the way to it, or when a link of another user is on the way.
 */
int trust_file(const struct policy *policy, const char *path, struct diag *d);

#endif
