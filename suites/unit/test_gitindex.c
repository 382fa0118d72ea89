/* SPDX-License-Identifier: MIT */
/* git's index, as git writes it in each version, and cut off at each byte. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gitindex.h"
#include "gitnames.h"
#include "gittree.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static char base[64];

static void sh(const char *script)
{
	AUTO_FREE char *cmd = xasprintf("cd %s && { export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 "
					"GIT_CONFIG_GLOBAL=/dev/null; %s; } >/dev/null 2>&1",
					base, script);

	ck_assert_msg(system(cmd) == 0, "%s", cmd);
}

static void setup(void)
{
	strcpy(base, "/tmp/gitindex-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
}

static void teardown(void)
{
	AUTO_FREE char *cmd = xasprintf("rm -rf %s", base);

	ck_assert_int_eq(system(cmd), 0);
}

/* The bytes that are there, and no more: a reader that goes beyond meets the sanitizer. */
static unsigned char *index_bytes(size_t *n)
{
	AUTO_FREE char *path = xasprintf("%s/p/.git/index", base);
	AUTO_FILE FILE *f = fopen(path, "r");
	unsigned char *s;
	struct stat st;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fstat(fileno(f), &st), 0);
	*n = (size_t)st.st_size;
	s = xmalloc(*n);
	ck_assert_uint_eq(fread(s, 1, *n, f), *n);
	return s;
}

static const struct {
	const char *script;
	size_t oid;
} cases[] = {
	{ "git init -q p && cd p", 20 },
	{ "git init -q p && cd p && git config index.version 4", 20 },
	{ "git init -q --object-format=sha256 p && cd p", 32 },
	{ "git init -q p && cd p && touch e && git add -N e && git update-index --index-version 3", 20 },
};

/* read-tree leaves the state of a file out, as a switch does where it could not write it. */
START_TEST(what_git_did_not_write_is_found)
{
	AUTO_FREE char *script = xasprintf(
	    "%s && mkdir d && echo 1 >d/aa && echo 1 >d/ab && echo 1 >b && ln -s x l && git add b d l && git "
	    "update-index "
	    "--cacheinfo 100644,$(git hash-object -w --stdin <b),d/aa && git update-index --cacheinfo "
	    "120000,$(git hash-object -w --stdin <b),l",
	    cases[_i].script);
	AUTO_FREE unsigned char *s = NULL;
	AUTO_STRV struct strv got = { 0 };
	size_t n;

	sh(script);
	s = index_bytes(&n);
	ck_assert(gitindex_unwritten(s, n, cases[_i].oid, 9, &got, NULL));
	ck_assert_uint_eq(got.n, 2);
	ck_assert_str_eq(got.v[0], "d/aa");
	ck_assert_str_eq(got.v[1], "l");
	strv_done(&got);
	ck_assert(gitindex_unwritten(s, n, cases[_i].oid, 1, &got, NULL));
	ck_assert_uint_eq(got.n, 1);
	for (size_t cut = 0; cut < n - 20; cut++) {
		AUTO_FREE unsigned char *part = xmalloc(cut + 1);
		AUTO_STRV struct strv some = { 0 };

		memcpy(part, s, cut);
		gitindex_unwritten(part, cut, cases[_i].oid, 9, &some, &some);
		ck_assert_uint_le(some.n, 2);
	}
	/* Each byte another one: whatever it says, it ends. */
	for (size_t at = 0; at < n; at++) {
		AUTO_STRV struct strv some = { 0 };
		unsigned char was = s[at];

		s[at] ^= 0xff;
		gitindex_unwritten(s, n, cases[_i].oid, 9, &some, &some);
		s[at] = was;
	}
}
END_TEST

/* Marked so that git looks away: with a state of another file, or none. */
START_TEST(what_git_is_not_to_look_at_is_found)
{
	AUTO_FREE unsigned char *s = NULL;
	AUTO_STRV struct strv got = { 0 }, left = { 0 };
	size_t n;

	sh("git init -q p && cd p && for f in a b c d e; do echo 1 >$f; done && git add . && "
	   "git update-index --cacheinfo 100644,$(echo 2 | git hash-object -w --stdin),a && "
	   "git update-index --skip-worktree a b && git update-index --assume-unchanged c && "
	   "git update-index --cacheinfo 100644,$(echo 2 | git hash-object -w --stdin),d && "
	   "git update-index --assume-unchanged d");
	s = index_bytes(&n);
	ck_assert(gitindex_unwritten(s, n, 20, 9, &got, &left));
	ck_assert_uint_eq(got.n, 0);
	ck_assert_uint_eq(left.n, 3);
	ck_assert_str_eq(left.v[0], "0cfbf08886fca9a91cb753ec8734c84fcbe52c9f a");
	ck_assert_str_eq(left.v[1], "d00491fd7e5bb6fa28c517a0bb32b8b506539d4d b");
	ck_assert_str_eq(left.v[2], "0cfbf08886fca9a91cb753ec8734c84fcbe52c9f d");
}
END_TEST

START_TEST(an_index_of_another_one_is_refused)
{
	AUTO_FREE unsigned char *s = NULL;
	size_t n;

	sh("git init -q p && cd p && echo 1 >a && git add a && git update-index --split-index");
	s = index_bytes(&n);
	ck_assert(!gitindex_unwritten(s, n, 20, 9, NULL, NULL));
}
END_TEST

START_TEST(what_is_no_index_is_refused)
{
	static const char *const bad[] = { "",
					   "DIRC",
					   "DIRC\0\0\0\2\0\0\0",
					   "XIRC\0\0\0\2\0\0\0\0",
					   "DIRC\0\0\0\5\0\0\0\0",
					   "DIRC\0\0\0\2\0\0\0\1" };
	static const size_t length[] = { 0, 4, 11, 12, 12, 12 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO_STRV struct strv got = { 0 };

		ck_assert_msg(
		    !gitindex_unwritten((const unsigned char *)bad[i], length[i], 20, 9, &got, NULL), "%zu",
		    i);
	}
}
END_TEST

/* Git goes by the length in the flags: where it is another, it has another name than we see. */
START_TEST(a_name_of_another_length_is_refused)
{
	AUTO_FREE unsigned char *s = NULL;
	size_t n;

	sh("git init -q p && cd p && echo 1 >abc && git add abc");
	s = index_bytes(&n);
	ck_assert(gitindex_unwritten(s, n, 20, 9, NULL, NULL));
	ck_assert_uint_eq(s[12 + 61], 3);
	s[12 + 61] = 2;
	ck_assert(!gitindex_unwritten(s, n, 20, 9, NULL, NULL));
}
END_TEST

static size_t find(const unsigned char *s, size_t n, const char *part)
{
	for (size_t i = 0; i + 4 <= n; i++)
		if (memcmp(s + i, part, 4) == 0)
			return i;
	ck_abort_msg("no %s", part);
	return 0;
}

/* What git's threads go by: as it writes it, and with each byte another one. */
START_TEST(where_threads_begin_is_where_the_files_are)
{
	AUTO_FREE char *script = xasprintf(
	    "%s && git config index.threads 3 && for f in aa ab b ba bb bc c ca cb; do echo 1 >$f; done "
	    "&& git add .",
	    cases[_i].script);
	AUTO_FREE unsigned char *s = NULL;
	const size_t oid = cases[_i].oid;
	size_t n, at, end;

	sh(script);
	s = index_bytes(&n);
	ck_assert(gitindex_unwritten(s, n, oid, 9, NULL, NULL));
	at = find(s, n, "IEOT") + 8;
	end = find(s, n, "EOIE") + 8 + 4;
	ck_assert_uint_gt(end, at + 4 + 3 * 8);
	for (; at < end; at++) {
		/* But the names of the parts, which may be those of a later git, and what EOIE has for git to check. */
		if (at >= end - 12 && at < end - 8)
			continue;
		for (unsigned char bit = 1; bit != 0; bit = (unsigned char)(bit << 1)) {
			s[at] ^= bit;
			ck_assert_msg(!gitindex_unwritten(s, n, oid, 9, NULL, NULL), "%zu of %zu", at, n);
			s[at] ^= bit;
		}
	}
	ck_assert(gitindex_unwritten(s, n, oid, 9, NULL, NULL));
}
END_TEST

/* git goes by the last of two, or by what stands behind the end that we see. */
START_TEST(what_git_never_writes_behind_the_files_is_refused)
{
	static const struct {
		const char *part;
		size_t len;
		bool good;
	} rows[] = {
		{ "ABCD\0\0\0\2xx", 10, true },
		{ "ABCD\0\0\0\2xxABCE\0\0\0\0", 18, true },
		{ "ABCD\0\0\0\2xxABCD\0\0\0\0", 18, false },
		{ "ABCD\0\0\0\3xx", 10, false },
		{ "ABCD\0\0\0\1xx", 10, false },
		{ "ABCD\377\377\377\377xx", 10, false },
		{ "ABCD", 4, false },
		{ "link\0\0\0\2xx", 10, false },
		{ "EOIE\0\0\0\2xx", 10, false },
		{ "IEOT\0\0\0\4\0\0\0\2", 12, false },
		{ "IEOT\0\0\0\4\0\0\0\1", 12, false },
	};
	AUTO_FREE unsigned char *s = NULL;
	size_t n;

	sh("git init -q p && cd p && echo 1 >abc && git add abc");
	s = index_bytes(&n);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_FREE unsigned char *more = xmalloc(n + rows[i].len);

		memcpy(more, s, n - 20);
		memcpy(more + n - 20, rows[i].part, rows[i].len);
		memcpy(more + n - 20 + rows[i].len, s + n - 20, 20);
		ck_assert_msg(gitindex_unwritten(more, n + rows[i].len, 20, 9, NULL, NULL) == rows[i].good,
			      "%zu", i);
	}
}
END_TEST

/* Those that `git update-index --add` refuses, and their neighbours. */
START_TEST(names_that_git_never_writes)
{
	static const char *const bad[] = { "",	   "/a", "a/",	"a//b",	  "..",	    "../a",   "a/../b",
					   "a/..", ".",	 "./a", ".git/x", "a/.git", ".GiT/x", "x/git~1/y" };
	static const char *const good[] = { "a",	  "a/b",   "..a",     "a..",  "...",
					    ".gitignore", "a.git", ".git2/x", "git~2" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(gitnames_is_bad(bad[i]), "%s", bad[i]);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(!gitnames_is_bad(good[i]), "%s", good[i]);
}
END_TEST

/* Also where it is no UTF-8: a terminal that is told so takes the byte by itself. */
START_TEST(what_a_terminal_acts_on_is_a_control)
{
	static const char *const bad[] = { "\033[2J", "a\177",	      "\302\233",    "a\302\235x",
					   "\233",    "\340\202\233", "\303\251\200" };
	static const char *const good[] = { "",		"a\tb\r\n",	"\303\251\303\211",
					    "\302\240", "\342\202\254", "\360\237\230\200",
					    "caf\351" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(gitnames_has_control(bad[i]), "%zu", i);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(!gitnames_has_control(good[i]), "%zu", i);
}
END_TEST

static bool is_sound(const unsigned char *s, size_t n, size_t oid, size_t *ret_at, size_t *ret_len)
{
	char of[2 * GITINDEX_SHA256 + 1];
	struct gitindex_file f;
	struct gitindex x;

	ck_assert(gitindex_begin(&x, s, n, oid));
	while (gitindex_next(&x, &f) > 0)
		continue;
	if (gitindex_end(&x, of) != 0)
		return false;
	*ret_at = x.tree != NULL ? (size_t)(x.tree - s) : 0;
	*ret_len = x.tree_len;
	return gittree_is_sound(&x, NULL);
}

#define TREE_OF \
	"for d in a a/b a/b/c a.d h; do mkdir -p $d && echo $d >$d/f && echo 2 >$d/g; done; ln -s x l && " \
	"git add ."
#define COMMIT "git -c user.name=u -c user.email=u@x commit -q -m 1"

/* In each of its bytes: a name, how many files, an object. */
START_TEST(a_tree_that_the_files_do_not_make_is_found)
{
	AUTO_FREE char *script = xasprintf("%s && { " TREE_OF "; } && " COMMIT, cases[_i].script);
	AUTO_FREE unsigned char *s = NULL;
	size_t n, at, len, none, no_len;

	sh(script);
	s = index_bytes(&n);
	ck_assert(is_sound(s, n, cases[_i].oid, &at, &len));
	ck_assert_uint_gt(len, 5 * cases[_i].oid);
	for (size_t i = 0; i < len; i++) {
		unsigned char was = s[at + i];

		s[at + i] ^= 1;
		ck_assert_msg(!is_sound(s, n, cases[_i].oid, &none, &no_len), "byte %zu", i);
		s[at + i] = was;
	}
	/* The files, and the tree as it was. */
	for (size_t i = 12 + 40; i < 12 + 40 + cases[_i].oid; i++) {
		unsigned char was = s[i];

		s[i] ^= 1;
		ck_assert_msg(!is_sound(s, n, cases[_i].oid, &none, &no_len), "byte %zu", i);
		s[i] = was;
	}
}
END_TEST

static const char *const honest[] = {
	"true",
	"git rm -q --cached a/b/c/f a/b/c/g",
	"git rm -q -r --cached . && git commit -q -m none",
	"echo 3 >a/b/f && git add a && git write-tree",
	"echo 3 >a/n && git add -N a/n && git status",
	"echo 3 >a/n && git add -N a/n && git commit -q -am 2",
	("git checkout -q -b o && echo 3 >a/f && git commit -qam o && git checkout -q - && echo 4 >a/f && "
	 "git "
	 "commit -qam 2 && ! "
	 "git merge o"),
	("git checkout -q -b o && git mv a z && git commit -qam o && git checkout -q - && echo 4 >h/f && git "
	 "commit -qam 2 && git "
	 "merge -q -m m o && git status"),
	"git sparse-checkout set --cone --sparse-index a && git status",
	("git sparse-checkout set --cone --sparse-index a/b && echo 5 >a/b/f && git commit -qam 5 && git "
	 "checkout -q HEAD~1"),
	"git read-tree HEAD",
	"git read-tree --prefix=p/ HEAD && git write-tree",
	"git reset -q --hard && git stash list",
	"echo 7 >a/f && git stash -q && git stash pop -q",
	"git update-index --force-remove a/f && git commit -q -m 2",
	"git config index.skipHash true && echo 6 >a/f && git add a",
	"git config index.threads 2 && git config index.version 4 && echo 6 >a/f && git commit -qam 2",
	"git config core.untrackedCache true && git status && echo 6 >a/f && git commit -qam 2",
};

START_TEST(what_git_writes_is_what_its_files_make)
{
	AUTO_FREE char *script = xasprintf(
	    "git init -q p && cd p && git config user.name u && git config user.email u@x && { " TREE_OF
	    "; } && git commit -q -m 1 && %s",
	    honest[_i]);
	AUTO_FREE unsigned char *s = NULL;
	size_t n, at, len;

	sh(script);
	s = index_bytes(&n);
	ck_assert_msg(is_sound(s, n, 20, &at, &len), "%s", honest[_i]);
}
END_TEST

/* The name of a directory of which git knows nothing is of no use to it. */
static bool is_unknown(const struct gitindex *x, size_t at)
{
	size_t end = at;

	while (end < x->tree_len && x->tree[end] != 0 && x->tree[end] != '\n')
		end++;
	return end + 2 < x->tree_len && x->tree[end] == 0 && memcmp(x->tree + end + 1, "-1", 2) == 0;
}

/* Each is split when it is done, and its tree known at least in part. */
static const char *const split[] = {
	"true",
	"echo 3 >a/f && git add a/f && git write-tree",
	"git rm -q --cached a/b/c/f h/g && git write-tree",
	"echo 3 >a/b/new && git add . && git commit -q -m 2",
	"echo 3 >a/f && rm h/f && echo 4 >0 && git add -A && git commit -q -m 2 && echo 5 >a/b/g && git add "
	". && git commit -q -m 3",
	"git config index.version 4 && echo 3 >a/f && git mv h a/h && git commit -q -m 2",
	"for i in $(seq 200); do echo $i >a/$i; done && git add . && git commit -q -m 2 && git rm -q "
	"--cached a/1* && git commit -q -m 3",
};

START_TEST(the_tree_of_a_split_index_is_that_of_both)
{
	AUTO_FREE char *script = xasprintf(
	    "git init -q p && cd p && git config user.name u && git config user.email u@x && git config "
	    "splitIndex.maxPercentChange 100 && { " TREE_OF
	    "; } && git commit -q -m 1 && git update-index --split-index && git status && %s",
	    split[_i]);
	AUTO_FREE char *path = NULL;
	AUTO_FREE unsigned char *s = NULL;
	char of[2 * GITINDEX_SHA256 + 1];
	AUTO_CLOSE int dir = -1;
	struct gitindex_file f;
	struct gitindex x;
	size_t n;

	sh(script);
	path = xasprintf("%s/p/.git", base);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s = index_bytes(&n);
	ck_assert(gitindex_begin(&x, s, n, 20));
	while (gitindex_next(&x, &f) > 0)
		continue;
	ck_assert_int_eq(gitindex_end(&x, of), 1);
	ck_assert_uint_gt(x.tree_len, 20);
	/* All of a tree, and of which files of the other part are gone or replaced. */
	for (size_t i = 0; i <= x.tree_len; i++) {
		AUTO_CLOSE int fd = openat(dir, "index", O_WRONLY | O_CLOEXEC);
		unsigned char c = i < x.tree_len ? x.tree[i] ^ 1 : 0;
		AUTO_FREE char *bad = NULL;
		bool large;

		if (i < x.tree_len)
			ck_assert_int_eq(pwrite(fd, &c, 1, x.tree - s + (off_t)i), 1);
		bad = gitnames_index(dir, 1 << 24, &large);
		ck_assert_msg((bad == NULL) == (i == x.tree_len) || is_unknown(&x, i), "byte %zu: %s", i,
			      bad);
		if (i < x.tree_len)
			ck_assert_int_eq(pwrite(fd, x.tree + i, 1, x.tree - s + (off_t)i), 1);
	}
}
END_TEST

Suite *gitindex_suite(void)
{
	Suite *s = suite_create("gitindex");
	TCase *t = tcase_create("gitindex");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_git_did_not_write_is_found, 0, ARRAY_SIZE(cases));
	tcase_add_test(t, what_git_is_not_to_look_at_is_found);
	tcase_add_test(t, an_index_of_another_one_is_refused);
	tcase_add_test(t, what_is_no_index_is_refused);
	tcase_add_test(t, a_name_of_another_length_is_refused);
	tcase_add_loop_test(t, where_threads_begin_is_where_the_files_are, 0, 3);
	tcase_add_test(t, what_git_never_writes_behind_the_files_is_refused);
	tcase_add_loop_test(t, a_tree_that_the_files_do_not_make_is_found, 0, ARRAY_SIZE(cases));
	tcase_add_loop_test(t, what_git_writes_is_what_its_files_make, 0, ARRAY_SIZE(honest));
	tcase_add_loop_test(t, the_tree_of_a_split_index_is_that_of_both, 0, ARRAY_SIZE(split));
	tcase_add_test(t, names_that_git_never_writes);
	tcase_add_test(t, what_a_terminal_acts_on_is_a_control);
	suite_add_tcase(s, t);
	return s;
}
