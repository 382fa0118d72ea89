/* SPDX-License-Identifier: MIT */
/*
 * The setting `packages`: programs of nixpkgs, built by nix before a launch. What a name was built to is kept in the
 * state folder, packages/NAME, as a link into the store, so that nix runs once a name.
 */
#ifndef PACKAGES_H
#define PACKAGES_H

#include "conf.h"
#include "diag.h"
#include "strv.h"

/*
 * Adds the directories of programs of what the profile has. With build, nix is run for what was never built or is no
 * longer in the store; without, that is left out and said. 0, or -errno with a message that names the setting.
 */
int packages_resolve(const struct conf *conf, char *const *env, bool build, struct strv *ret, struct diag *d);

/* The first line of nix's answer that is a path of the store, owned; NULL: none. *text is moved behind it. */
char *packages_store_path(const char **text);

#endif
