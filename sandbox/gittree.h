/* SPDX-License-Identifier: MIT */
/* The cache tree of git's index: the trees that its next commit is made of. Pure; the text may be hostile. */
#ifndef GITTREE_H
#define GITTREE_H

#include <stdbool.h>
#include "gitindex.h"
#include "gitsplit.h"

/*
 * Whether it says of each directory what the files of the index make of it: its object, and how many they are. Git takes
 * both as they are (gitformat-index(5), TREE): a commit has the object, whatever the files are, and `git status` passes
 * over as many of them. x: behind gitindex_end(); all: its files where it is split, else NULL. True: there is none, too.
 */
bool gittree_is_sound(const struct gitindex *x, const struct gitsplit *all);

#endif
