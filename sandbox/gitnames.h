/* SPDX-License-Identifier: MIT */
/* Names of files in what git keeps of a worktree. It reads and writes what they name, and never wrote one that leads out. */
#ifndef GITNAMES_H
#define GITNAMES_H

#include <stdbool.h>
#include <stddef.h>
#include "policy.h"
#include "strv.h"

/*
 * Whether git takes no file of this name in (verify_path() of its read-cache.c, which it asks when a name is added, but
 * not of an index or a MERGE_RR that it finds): absolute, or with a part that is empty, ".", "..", ".git" or what a file
 * system of Windows takes for that. Pure.
 */
bool gitnames_is_bad(const char *name);

/*
 * Of `index` in the git directory dir, or in what it is split from: the first such name. Owned; "": it can't be read as
 * git would; NULL: there is none, or no index. max: bytes of one that is looked at; NULL also for a larger one, and
 * *ret_large.
 */
char *gitnames_index(int dir, size_t max, bool *ret_large);

/*
 * The same of `MERGE_RR`, of which git copies each file to rr-cache: also a link in the worktree, and what p masks. below:
 * the directory around dir, from the writable tree that it is in on ("" or "/SUB"); NULL: that is not the worktree, or none of it can
 * be written to inside, and any name is one.
 */
char *gitnames_rerere(int dir, const struct policy *p, const char *below);

/* Whether `text` is a symbolic ref out of refs/: who writes to the one (a fetch, a reset) writes to the other. Pure. */
bool gitnames_leads_out(const char *text);
/* Whether `text`, which git prints as it is, has a character that a terminal acts on. Pure. */
bool gitnames_has_control(const char *text);

#endif
