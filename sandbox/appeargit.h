/* SPDX-License-Identifier: MIT */
/* What of a repository that a session made is none of the host's business, and what runs there. */
#ifndef APPEARGIT_H
#define APPEARGIT_H

#include <stdbool.h>
#include "strv.h"

/*
 * The config `text` of the repository in the directory dir, without the keys that may not be there (those that gitkeys.def
 * lets back from a new repository may). fd: of the tree that dir lies in, at path `tree`. held: what may not lie in its
 * worktree, nor the worktree there. Owned; NULL: it is no config.
 * *bad: those keys, each once.
 */
char *appeargit_config(const char *text, const char *dir, int fd, const char *tree, const struct strv *held,
		       struct strv *bad);
/* What `text`, a .git file in the directory dir, names; owned; NULL: it is none, or one that could lead elsewhere later. */
char *appeargit_pointed_at(const char *text, const char *dir);
/*
 * Whether path is a repository's own directory in the modules or worktrees of another: what is run there is looked at
 * there. fd: of the tree that it lies in, at path `tree`. known: repositories of before, by whatever name. *ret_absent: it
 * is not there.
 */
bool appeargit_is_of_another(const char *path, int fd, const char *tree, const struct strv *known,
			     bool *ret_absent);
/*
 * The repository of the worktree that a .git file of this text, in the directory dir, is of. Owned; NULL: it is none of a linked
 * worktree.
 */
char *appeargit_worktree_of(const char *text, const char *dir);
/* Whether path, below a tree, is a repository's own directory, or lies in one. */
bool appeargit_is_in_own(const char *path);
/* Git's own many directories of objects: nobody looks into them, and no pointer may lead there. */
bool appeargit_is_store(const char *dir, const char *name);
/* Whether dir is where a repository keeps what a worktree has of its own. */
bool appeargit_is_worktree(const char *dir, const struct strv *known);
/* Whether `text` is the commondir of a worktree, in dir, as git writes it. */
bool appeargit_is_common(const char *text, const char *dir, const struct strv *known);
/* A hook that git gives to a new repository, and does not run. */
bool appeargit_is_sample(const char *name);

#endif
