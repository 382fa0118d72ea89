/* SPDX-License-Identifier: MIT */
/* A directory of a test's own, with real files in it. */
#ifndef TMPTREE_H
#define TMPTREE_H

#include <sys/types.h>

/* Makes one below /tmp: its path without links, owned by the caller, who ends it with tmptree_remove. */
char *tmptree_make(void);
/* A file in it, with the directories above that are missing; what was there before is replaced. */
void tmptree_put(const char *root, const char *name, const char *text, mode_t mode);
/* Makes n files in the open directory, one after the other, and removes each at once. */
void tmptree_flood(int dir, size_t n);
/* Removes it with all that is in it, and frees the path. NULL is nothing. */
void tmptree_remove(char *root);

#endif
