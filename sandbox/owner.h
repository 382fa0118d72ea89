/* SPDX-License-Identifier: MIT */
/* Whether a file is root's, also where root is not uid 0. */
#ifndef OWNER_H
#define OWNER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * True for uid 0, and for the overflow uid where "/" belongs to it too: a user
 * namespace that leaves root unmapped shows it as that (user_namespaces(7)).
 */
bool owner_is_root(uid_t uid);
/* True when a group may write to it that is neither the caller's own nor root's. */
bool owner_lets_group(const struct stat *st);

#endif
