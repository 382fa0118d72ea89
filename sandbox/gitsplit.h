/* SPDX-License-Identifier: MIT */
/* A split index of git, put together. Pure; the texts may be hostile. */
#ifndef GITSPLIT_H
#define GITSPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include "gitindex.h"

struct gitsplit_file {
	char *path; /* owned; what `is` has */
	struct gitindex_file is;
};

struct gitsplit {
	struct gitsplit_file *file; /* owned */
	size_t n;
};

/*
 * The files of `own`, which is behind gitindex_end() and split, and of what it is split from (shared, just begun), as
 * merge_base_index() of git's split-index.c makes them. False: git would refuse it. To be released in both cases.
 */
bool gitsplit_join(const struct gitindex *own, const struct gitindex *shared, struct gitsplit *ret);
void gitsplit_done(struct gitsplit *s);
#define AUTO_GITSPLIT __attribute__((cleanup(gitsplit_done)))

#endif
