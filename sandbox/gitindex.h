/* SPDX-License-Identifier: MIT */
/* git's index, as far as it tells which files git did not write. Pure; the text may be hostile. */
#ifndef GITINDEX_H
#define GITINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include "strv.h"

/*
 * Adds the names of files and links of which git keeps no state of a file, as it does when it could not write one at
 * a switch; and to `left`, as "OBJECT NAME", those that git is not to look at (skip-worktree; likewise assume-unchanged
 * where there is no state). At most max of each; either may be NULL. oid: bytes of an object's name. False: it is no
 * index of versions 2 to 4, cut off, or only the changes to another file (split).
 */
bool gitindex_unwritten(const unsigned char *s, size_t n, size_t oid, size_t max, struct strv *ret,
			struct strv *left);

#endif
