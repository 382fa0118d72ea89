/* SPDX-License-Identifier: MIT */
/* git's index: its files, and which of them git did not write. Pure; the text may be hostile. */
#ifndef GITINDEX_H
#define GITINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sha.h"
#include "strv.h"

enum {
	GITINDEX_PATH = 4096,
	GITINDEX_FILE_MIN = 62,
	/* bytes */ GITINDEX_SHA1 = SHA1_BYTES,
	GITINDEX_SHA256 = SHA256_BYTES
};

struct gitindex {
	const unsigned char *s;
	size_t n, oid, at, kept; /* kept: of the name before */
	uint32_t version, left;
	const unsigned char *tree; /* after gitindex_end(): of the cache tree, if there is one */
	const unsigned char *link; /* likewise, of what it is split from */
	size_t tree_len, link_len;
	char path[GITINDEX_PATH];
};

struct gitindex_file {
	const char *path; /* until the next one */
	const unsigned char *object;
	uint32_t mode,
	    type; /* 010 a file, 012 a link, 016 a commit, 004 a directory that is not checked out */
	uint32_t mtime, mtime_ns, size;
	bool stateless, staged, unchanged, skipped, meant;
};

/* Bytes of an object's name, by extensions.objectFormat of the config; NULL: it has none. */
size_t gitindex_oid(const char *format);
/* oid: as above. False: it is no index of versions 2 to 4. */
bool gitindex_begin(struct gitindex *x, const unsigned char *s, size_t n, size_t oid);
/* 1; 0: there are no more; -1: it is cut off, or no index as git writes it. */
int gitindex_next(struct gitindex *x, struct gitindex_file *ret);
/*
 * Behind the last: 1, others are in the file sharedindex.RET (2 * oid digits and a NUL); 0: no; -1: git can't have written
 * what is there, and may see other files than these (gitformat-index(5): of one extension twice, or where its threads begin).
 */
int gitindex_end(struct gitindex *x, char *ret);

/*
 * Adds the names of files and links of which git keeps no state of a file, as it does when it could not write one at
 * a switch; and to `left`, as "OBJECT NAME", those that git is not to look at (skip-worktree; likewise assume-unchanged
 * where there is no state). At most max of each; either may be NULL. oid: bytes of an object's name. False: it is no
 * index of versions 2 to 4, cut off, or only the changes to another file (split).
 */
bool gitindex_unwritten(const unsigned char *s, size_t n, size_t oid, size_t max, struct strv *ret,
			struct strv *left);

#endif
