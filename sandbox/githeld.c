/* SPDX-License-Identifier: MIT */
#include "githeld.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autorun.h"
#include "gitconf.h"
#include "gitindex.h"
#include "gitobject.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

enum {
	TEXT_MAX = 16 << 20,
	INDEX_MAX = 64 << 20, /* of half a million files */
	FILES_MAX = 65536,
	NAMED_MAX = 8,
	VERSION_AT = 7, /* "DIRC", and four bytes */
};

/*
 * Owned; NULL: it was not written since, or can't be read, which *ret_bad says; since NULL: it is before the session,
 * and there are no marks in it.
 */
static unsigned char *read_index(int dir, const struct timespec *since, size_t *ret, bool *ret_bad)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, "index", O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	unsigned char head[VERSION_AT + 1];
	struct stat st;
	char *s;

	*ret = 0;
	*ret_bad = fd < 0 && fd != -ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0 || (since != NULL && !time_is_since(st.st_ctim, *since)) ||
	    st.st_size == 0)
		return NULL;
	/* Version 2 has no mark of its own that could be the user's, and is what a large repository mostly has. */
	if (since == NULL && pread(fd, head, sizeof(head), 0) == sizeof(head) && head[VERSION_AT] == 2)
		return NULL;
	s = textfile_read_bytes(fd, INDEX_MAX, &st);
	*ret_bad = s == NULL;
	*ret = s != NULL ? (size_t)st.st_size : 0;
	return (unsigned char *)s;
}

/* How long the names of its objects are: as the host's config says. */
static size_t oid_of(const struct gitconf *c)
{
	return gitindex_oid(gitconf_get(c, "extensions.objectformat"));
}

static bool is_true(const struct gitconf *c, const char *key)
{
	const char *value = gitconf_get(c, key);

	for (size_t i = 0; value == NULL && i < c->n; i++)
		if (streq(c->item[i].key, key))
			return true;
	return value != NULL && (strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
				 strcasecmp(value, "on") == 0 || streq(value, "1"));
}

/* `git sparse-checkout` writes into the second one. */
static bool is_sparse(const struct gitconf *c, const char *dir)
{
	AUTO_FREE char *path = path_join(dir, "config.worktree");
	AUTO_GITCONF struct gitconf own = { 0 };
	AUTO_FREE char *text = NULL;
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (is_true(c, "core.sparsecheckout"))
		return true;
	if (!is_true(c, "extensions.worktreeconfig"))
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	text = textfile_read(fd, GITCONF_MAX, &st);
	return text != NULL && gitconf_parse(text, strlen(text), &own, NULL) == 0 &&
	       is_true(&own, "core.sparsecheckout");
}

/* Of a repository that the box can write to, pairwise: the directory of an index, and where its files are. */
static struct strv places(const struct policy *p, const struct policy_git_config *c,
			  const struct gitconf *conf)
{
	AUTO_FREE char *worktrees = path_join(c->dir, "worktrees");
	const char *tree = gitconf_get(conf, "core.worktree");
	struct strv ret = { 0 };

	if (c->copy == NULL)
		return ret;
	if (tree != NULL || (c->repository && streq(path_basename(c->dir), ".git"))) {
		strv_add(&ret, c->dir);
		strv_take(&ret, tree != NULL ? path_clean(c->dir, tree) : path_dirname(c->dir));
	}
	for (size_t i = 0; i < p->git.admin.n; i++)
		if (path_is_under(p->git.admin.v[i], worktrees) && policy_tree(p, p->git.tree.v[i]) != NULL) {
			strv_add(&ret, p->git.admin.v[i]);
			strv_add(&ret, p->git.tree.v[i]);
		}
	return ret;
}

static bool is_held(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part == POLICY_AUTORUN && p->entry[i].access == POLICY_READ &&
		    path_is_under(path, p->entry[i].path))
			return true;
	return false;
}

/* What a session would lose if it made it: git is told not to look at it, and where it is not, nobody held it. */
static bool is_for_quarantine(const char *top, const char *name)
{
	AUTO_FREE char *dir = xstrdup(top);
	struct stat st;

	for (const char *part = name; *part != '\0'; part += strcspn(part, "/"), part += strspn(part, "/")) {
		AUTO_FREE char *word = xstrndup(part, strcspn(part, "/"));
		const struct autorun_row *row = autorun_find(dir, word, streq(dir, top));
		char *next = path_join(dir, word);

		free(dir);
		dir = next;
		if (row != NULL && row->later == AUTORUN_QUARANTINE) {
			AUTO_FREE char *path = path_join(top, name);

			return lstat(path, &st) < 0 && errno == ENOENT;
		}
	}
	return false;
}

/* Those of an index, of at most so many. */
static void find_hidden(const unsigned char *s, size_t n, size_t oid, const char *top, struct strv *ret)
{
	struct gitindex x;
	struct gitindex_file f;

	if (!gitindex_begin(&x, s, n, oid))
		return;
	while (ret->n < FILES_MAX && gitindex_next(&x, &f) > 0)
		if ((f.unchanged || f.skipped) && !f.staged && is_for_quarantine(top, f.path))
			strv_add(ret, f.path);
}

/* Sorted: the names of what is held below top. */
static struct strv held_names(const struct policy *p, const char *top)
{
	struct strv held = { 0 };

	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part == POLICY_AUTORUN && p->entry[i].access == POLICY_READ &&
		    path_is_under(p->entry[i].path, top) && !streq(p->entry[i].path, top))
			strv_add(&held, p->entry[i].path + strlen(top) + 1);
	strv_sort(&held);
	return held;
}

/* It or a directory above it. */
static bool is_below(const struct strv *sorted, const char *name)
{
	char above[GITINDEX_PATH];

	for (size_t n = strcspn(name, "/"); sorted->n > 0; n += 1 + strcspn(name + n + 1, "/")) {
		memcpy(above, name, n);
		above[n] = '\0';
		if (strv_has_sorted(sorted, above))
			return true;
		if (name[n] == '\0')
			return false;
	}
	return false;
}

/* As git with core.autocrlf takes it in; *n: its length. */
static void drop_returns(char *s, size_t *n)
{
	size_t to = 0;

	for (size_t i = 0; i < *n; i++)
		if (s[i] != '\r' || i + 1 == *n || s[i + 1] != '\n')
			s[to++] = s[i];
	*n = to;
}

/*
 * Whether the index says of a file that is there what git would only say if it had the text as this object, and it has
 * not: git then takes it for unchanged, and looks no further (ie_match_stat() of its read-cache.c).
 */
static bool is_forged(int top, const struct gitindex_file *f, size_t oid)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(top, f->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	AUTO_FREE char *s = NULL;
	unsigned char object[GITINDEX_SHA256];
	struct stat st;
	size_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint32_t)st.st_size != f->size ||
	    (uint32_t)st.st_mtim.tv_sec != f->mtime ||
	    (f->mtime_ns != 0 && (uint32_t)st.st_mtim.tv_nsec != f->mtime_ns))
		return false;
	s = textfile_read_bytes(fd, TEXT_MAX, &st);
	if (s == NULL)
		return false;
	n = (size_t)st.st_size;
	gitobject_name(oid, "blob", s, n, object);
	if (memcmp(object, f->object, oid) == 0)
		return false;
	drop_returns(s, &n);
	gitobject_name(oid, "blob", s, n, object);
	return memcmp(object, f->object, oid) != 0;
}

static void find_forged(const unsigned char *s, size_t n, size_t oid, const struct strv *held,
			const char *path, struct strv *ret)
{
	AUTO_CLOSE int top = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct gitindex x;
	struct gitindex_file f;

	if (top < 0 || held->n == 0 || !gitindex_begin(&x, s, n, oid))
		return;
	while (ret->n < FILES_MAX && gitindex_next(&x, &f) > 0)
		if (f.type == 010 && !f.staged && !f.meant && !f.unchanged && !f.skipped && !f.stateless &&
		    is_below(held, f.path) && is_forged(top, &f, oid))
			strv_add(ret, f.path);
}

/* "OBJECT NAME" as "OBJECT PATH", owned. */
static char *line_of(const char *top, const char *line)
{
	const char *name = strchr(line, ' ') + 1;
	AUTO_FREE char *path = path_join(top, name);

	return xasprintf("%.*s%s", (int)(name - line), line, path);
}

/* What git is not to look at, or that it looks at some files alone. */
static void begin(const struct policy *p, const struct gitconf *conf, const char *of, const char *top,
		  struct githeld_start *start)
{
	AUTO_CLOSE int dir = -1;
	AUTO_FREE unsigned char *index = NULL;
	AUTO_STRV struct strv left = { 0 };
	bool bad;
	size_t n;

	if (is_sparse(conf, of)) {
		strv_add(&start->sparse, of);
		return;
	}
	dir = open(of, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	index = read_index(dir, NULL, &n, &bad);
	if (index != NULL)
		gitindex_unwritten(index, n, oid_of(conf), FILES_MAX, NULL, &left);
	for (size_t k = 0; k < left.n; k++) {
		AUTO_FREE char *line = line_of(top, left.v[k]);

		if (is_held(p, strchr(line, ' ') + 1))
			strv_take(&start->left, TAKE_PTR(line));
	}
}

struct githeld_start githeld_begin(const struct policy *p)
{
	struct githeld_start start = { 0 };

	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];
		AUTO_GITCONF struct gitconf conf = { 0 };
		AUTO_STRV struct strv all = { 0 };

		if (c->host != NULL)
			gitconf_parse(c->host, strlen(c->host), &conf, NULL);
		all = places(p, c, &conf);
		for (size_t k = 0; k < all.n; k += 2)
			begin(p, &conf, all.v[k], all.v[k + 1], &start);
	}
	return start;
}

void githeld_start_done(struct githeld_start *s)
{
	strv_done(&s->left);
	strv_done(&s->sparse);
}

/* Of so many names, as one reads them and, each behind `before`, as one types them. Both owned. */
static char *list_of(const struct strv *names, const char *before, char **ret_words)
{
	AUTO_FREE char *list = xstrdup(""), *words = xstrdup("");
	char word[DIAG_WORD];

	for (size_t i = 0; i < names->n && i < NAMED_MAX; i++) {
		AUTO_FREE char *typed = xasprintf("%s%s", before, names->v[i]);
		char *more = xasprintf("%s%s%s", list, i > 0 ? ", " : "", names->v[i]);
		char *next = xasprintf("%s %s", words, diag_word(word, sizeof(word), typed));

		free(list);
		free(words);
		list = more;
		words = next;
	}
	*ret_words = TAKE_PTR(words);
	return names->n > NAMED_MAX
		   ? xasprintf("%s and %zu more (git status names them)", list, names->n - NAMED_MAX)
		   : TAKE_PTR(list);
}

static void say_other(struct account *a, const char *top, const struct strv *names)
{
	AUTO_FREE char *words = NULL;
	AUTO_FREE char *list = list_of(names, "", &words);
	char place[DIAG_WORD];
	struct account_fact *f = account_add(
	    a, ACCOUNT_GIT, ACCOUNT_SECURITY, top,
	    "%s: of what is held inside the index has another text than is there: %s; it came inside, by a "
	    "switch of branches or otherwise: `git restore` would put it where the host acts on it, `git "
	    "commit -a` would undo it in the branch; look first",
	    top, list);

	f->others = names->n - 1;
	account_try(f, "git -C %s diff -R --%s", diag_word(place, sizeof(place), top), words);
}

static void say_left(struct account *a, const char *top, const struct strv *names)
{
	AUTO_FREE char *words = NULL;
	AUTO_FREE char *list = list_of(names, ":0:", &words);
	char place[DIAG_WORD];
	struct account_fact *f = account_add(
	    a, ACCOUNT_GIT, ACCOUNT_SECURITY, top,
	    "%s: of what is held inside the index has a text that git status does not compare with what is "
	    "there: %s; it was marked so inside (skip-worktree, assume-unchanged); look at it "
	    "before anything writes it where the host acts on it",
	    top, list);

	f->others = names->n - 1;
	account_try(f, "git -C %s show%s", diag_word(place, sizeof(place), top), words);
}

static void say_unknown(struct account *a, const char *dir)
{
	account_add(
	    a, ACCOUNT_GIT, ACCOUNT_SECURITY, dir,
	    "%s/index was written inside and is split, or can't be read here: whether it has another "
	    "text of what is held inside than is there is not known: look with git diff -R before a git "
	    "restore",
	    dir);
}

static void look(struct account *a, const struct policy *p, const struct gitconf *conf, int dir,
		 const char *of, const char *top, const struct githeld_start *start, struct timespec since)
{
	AUTO_FREE unsigned char *index = NULL;
	AUTO_STRV struct strv all = { 0 }, left = { 0 }, other = { 0 }, marked = { 0 };
	AUTO_STRV struct strv held = held_names(p, top);
	const bool sparse = strv_has(&start->sparse, of);
	bool bad;
	size_t n;

	index = read_index(dir, &since, &n, &bad);
	if (index != NULL)
		bad = !gitindex_unwritten(index, n, oid_of(conf), FILES_MAX, &all, sparse ? NULL : &left);
	for (size_t i = 0; i < all.n; i++) {
		AUTO_FREE char *path = path_join(top, all.v[i]);

		if (is_held(p, path))
			strv_add(&other, all.v[i]);
	}
	for (size_t i = 0; i < left.n; i++) {
		AUTO_FREE char *line = line_of(top, left.v[i]);

		if (is_held(p, strchr(line, ' ') + 1) && !strv_has(&start->left, line))
			strv_add(&marked, strchr(left.v[i], ' ') + 1);
	}
	if (index != NULL)
		find_forged(index, n, oid_of(conf), &held, top, &other);
	if (index != NULL && !sparse)
		find_hidden(index, n, oid_of(conf), top, &marked);
	if (other.n > 0)
		say_other(a, top, &other);
	if (marked.n > 0)
		say_left(a, top, &marked);
	if (bad || all.n == FILES_MAX || left.n == FILES_MAX)
		say_unknown(a, of);
}

void githeld_say(struct account *a, const struct policy *p, const int *dir, const struct githeld_start *start,
		 struct timespec since)
{
	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];
		AUTO_GITCONF struct gitconf conf = { 0 };
		AUTO_STRV struct strv all = { 0 };

		if (c->host != NULL)
			gitconf_parse(c->host, strlen(c->host), &conf, NULL);
		all = places(p, c, &conf);
		for (size_t k = 0; k < all.n; k += 2) {
			bool is_own = streq(all.v[k], c->dir);
			AUTO_CLOSE int below =
			    is_own ? -1
				   : oldkernel_open_beneath(dir[i], all.v[k] + strlen(c->dir) + 1,
							    O_RDONLY | O_DIRECTORY | O_NONBLOCK, true);

			/* A worktree that was removed inside has none. */
			if (is_own || below >= 0)
				look(a, p, &conf, is_own ? dir[i] : below, all.v[k], all.v[k + 1], start,
				     since);
		}
	}
}
