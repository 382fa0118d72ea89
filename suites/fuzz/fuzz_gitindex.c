/* SPDX-License-Identifier: MIT */
/*
 * An index as a session may leave it: of what is named no more than was asked for, and the same whatever the limit; each
 * name stands for a file of the index, so that nothing is named by an index of no entries.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gitindex.h"
#include "gittree.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void judge(const uint8_t *data, size_t size, size_t oid)
{
	AUTO_STRV struct strv few = { 0 }, all = { 0 }, left = { 0 };
	bool is_index = gitindex_unwritten(data, size, oid, 1000, &all, &left);

	check(gitindex_unwritten(data, size, oid, 2, &few, NULL) == is_index);
	check(few.n == (all.n < 2 ? all.n : 2));
	for (size_t i = 0; i < few.n; i++)
		check(streq(few.v[i], all.v[i]));
	check((all.n + left.n) * (40 + oid) <= size);
	for (size_t i = 0; i < left.n; i++)
		check(strchr(left.v[i], ' ') == left.v[i] + 2 * oid);
	for (size_t i = 0; i < all.n; i++)
		check(strlen(all.v[i]) < 4096);
}

/* Whatever it says, it ends; of no files a tree has none either. */
static void judge_tree(const uint8_t *data, size_t size, size_t oid)
{
	char of[2 * GITINDEX_SHA256 + 1];
	struct gitindex_file f;
	struct gitindex x;
	size_t files = 0;

	if (!gitindex_begin(&x, data, size, oid))
		return;
	for (; gitindex_next(&x, &f) > 0; files++)
		continue;
	/* Split from itself, it is as long as it has files, or refused. */
	if (x.left == 0 && gitindex_end(&x, of) == 1) {
		AUTO_GITSPLIT struct gitsplit all = { 0 };

		if (gitsplit_join(&x, &x, &all))
			check(all.n <= 2 * files);
		gittree_is_sound(&x, &all);
	}
	if (x.left == 0 && gitindex_end(&x, of) == 0 && gittree_is_sound(&x, NULL) && x.tree != NULL)
		check(files > 0 || memchr("-0", x.tree[1], 2) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	judge_tree(data, size, 20);
	judge_tree(data, size, 32);
	judge(data, size, 20);
	judge(data, size, 32);
	return 0;
}
