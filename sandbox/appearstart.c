/* SPDX-License-Identifier: MIT */
/*
 * What git on the host starts by a name that begins where it works (policy_start): held where it is at the start, it is another
 * file in a worktree or repository that the session made, and one where nothing was. There it stays only where it is as
 * in a worktree in which it is held: what was checked out of the same commit.
 */
#include "appearwalk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "util.h"

enum {
	TOPS_MAX = 256,
	NAMES_MAX = 4096, /* of all, in directories */
	DEPTH_MAX = 8,	  /* of directories, and links on the way */
	SAME_MAX = 64 << 20,
	PIECE = 64 << 10,
};

/* One name, in one place. */
struct start {
	const struct policy_start *is;
	const char *top;
};

void appearstart_top(struct appear *a, const char *path, char *dir)
{
	for (size_t i = 0; i < a->ntop; i++)
		if (streq(a->top[i].path, path)) {
			free(dir);
			return;
		}
	if (a->ntop == TOPS_MAX) {
		a->incomplete = "more than 256 worktrees or repositories are new";
		free(dir);
		return;
	}
	a->top = xrealloc_array(a->top, a->ntop + 1, sizeof(*a->top));
	a->top[a->ntop++] = (struct appear_top){ xstrdup(path), dir };
}

void appearstart_done(struct appear *a)
{
	for (size_t i = 0; i < a->ntop; i++) {
		free(a->top[i].path);
		free(a->top[i].dir);
	}
	free(a->top);
	strv_done(&a->absent);
}

/* What path is, below its tree and through no link. -errno. */
static int open_path(const struct appear *a, const char *path, int flags)
{
	size_t tree = appearwalk_tree_of(a, path);
	const char *below = tree != SIZE_MAX ? path + strlen(appearwalk_tree(a, tree)) : "";

	if (tree == SIZE_MAX)
		return -EXDEV;
	return oldkernel_open_beneath(a->o.tree[tree], *below == '/' ? below + 1 : ".", flags, false);
}

static bool same_bytes(int one, int other, off_t size)
{
	AUTO_FREE char *a = xmalloc(2 * PIECE);

	for (off_t at = 0; at < size;) {
		ssize_t n = pread(one, a, PIECE, at);

		if (n <= 0 || pread(other, a + PIECE, (size_t)n, at) != n ||
		    memcmp(a, a + PIECE, (size_t)n) != 0)
			return false;
		at += n;
	}
	return true;
}

/* Whether it may be executed counts: git starts no other hook. */
static bool is_same_file(const struct appear *a, int fd, const char *path)
{
	AUTO_CLOSE int other = open_path(a, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st, was;

	return other >= 0 && fstat(fd, &st) == 0 && fstat(other, &was) == 0 && S_ISREG(was.st_mode) &&
	       ((st.st_mode & 0111) == 0 || (was.st_mode & 0111) != 0) && st.st_size == was.st_size &&
	       st.st_size <= SAME_MAX && same_bytes(fd, other, st.st_size);
}

static bool is_same_link(const struct appear *a, const char *text, const char *path)
{
	AUTO_FREE char *above = path_dirname(path);
	AUTO_CLOSE int dir = open_path(a, above, O_PATH | O_DIRECTORY);
	char was[PATH_MAX];
	ssize_t n = dir >= 0 ? readlinkat(dir, path_basename(path), was, sizeof(was)) : -1;

	return n == (ssize_t)strlen(text) && memcmp(text, was, (size_t)n) == 0;
}

enum found { NOTHING, OTHER, SAME };

/* Whether a file (fd), or a link of that text, is as it is held in one of the worktrees. name: from the top on. */
static enum found is_as_held(struct appear *a, const struct start *s, const char *name, int fd,
			     const char *text)
{
	const struct policy_named *named = &a->o.policy->named;
	enum found found = NOTHING;

	for (size_t i = 0; i < named->nstart; i++) {
		AUTO_FREE char *path = path_clean(named->start[i].top, name);

		if (!streq(named->start[i].name, s->is->name) || !appearjudge_is_held(a, path))
			continue;
		if (text != NULL ? is_same_link(a, text, path) : is_same_file(a, fd, path))
			return SAME;
		found = OTHER;
	}
	return found;
}

/* What husky makes of its hooks, when it is installed: "npm install" does that. */
static bool is_husky(const struct start *s)
{
	return s->is->dirs && streq(path_basename(s->is->name), "_");
}

/* In the directory dir, at path. A name with ".." may lead to what was always there, and the host's. */
static void move(struct appear *a, const struct start *s, int dir, const char *path)
{
	const struct autorun_row row = { .place = AUTORUN_ANY, .title = s->is->why };
	static const char absent[] =
	    "; there was nothing at the start: what is made there before a session is held",
			  husky[] =
			      "; husky makes it: install it on the host (npm install, npx husky) before "
			      "the session, and it is held";
	AUTO_FREE char *above = path_dirname(path);
	const struct appear_place at = { .path = above, .tree = appearwalk_tree_of(a, above) };
	struct stat st;

	if (strv_has(&a->ours, path))
		return;
	if (!path_is_under(path, s->top) &&
	    fstatat(dir, path_basename(path), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !appearjudge_is_since(a, &at, dir, path_basename(path), &st))
		return;
	appeartake_move(a, &at, dir, path_basename(path), &row, NULL,
			!s->is->absent ? ""
			: is_husky(s)  ? husky
				       : absent);
}

static void judge(struct appear *a, const struct start *s, const char *name, int depth, size_t *left);

static void judge_all(struct appear *a, const struct start *s, const char *path, const char *name, int depth,
		      size_t *left)
{
	int fd = open_path(a, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	AUTO_DIR DIR *d = mem_dir(fd);
	const struct dirent *e = NULL;

	if (d == NULL) {
		appeartake_unread(a, path, fd < 0 ? fd : -ENOMEM);
		return;
	}
	errno = 0;
	while (*left > 0 && (e = readdir(d)) != NULL) {
		AUTO_FREE char *below = xasprintf("%s/%s", name, e->d_name);

		if (!streq(e->d_name, ".") && !streq(e->d_name, "..")) {
			--*left;
			judge(a, s, below, depth + 1, left);
		}
		errno = 0;
	}
	if (e == NULL && errno != 0 && errno != ENOENT)
		appeartake_unread(a, path, -errno);
}

/*
 * A link in the directory dir, at path; rest: what follows in the name. As it is in a worktree where it is held, it leads to
 * another place in this one.
 */
static void judge_link(struct appear *a, const struct start *s, int dir, const char *path, const char *name,
		       const char *rest, bool held, int depth, size_t *left)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir, path_basename(path), text, sizeof(text) - 1);
	AUTO_FREE char *to = NULL;
	enum found found;

	if (n < 0)
		return;
	text[n] = '\0';
	found = held ? SAME : is_as_held(a, s, name, -1, text);
	if (found == OTHER || (found == NOTHING && s->is->unasked)) {
		move(a, s, dir, path);
		return;
	}
	to = xasprintf("%s/../%s%s", name, text, rest);
	if (found == SAME && *text != '/')
		judge(a, s, to, depth + 1, left);
}

static void judge_file(struct appear *a, const struct start *s, int dir, const char *path, const char *name)
{
	AUTO_CLOSE int fd =
	    oldkernel_open_beneath(dir, path_basename(path), O_RDONLY | O_NONBLOCK | O_NOCTTY, false);
	enum found found = is_as_held(a, s, name, fd, NULL);

	if (found == OTHER || (found == NOTHING && s->is->unasked))
		move(a, s, dir, path);
}

/* The first link on the way to path, which begins in its tree: the length of its own path; 0: none, or it ends before. */
static size_t link_on(const struct appear *a, const char *path, size_t from)
{
	for (const char *end = path + from; *end != '\0';) {
		AUTO_FREE char *part = NULL;
		AUTO_FREE char *above = NULL;
		struct stat st;

		end += 1 + strcspn(end + 1, "/");
		part = xstrndup(path, (size_t)(end - path));
		above = path_dirname(part);
		{
			AUTO_CLOSE int dir = open_path(a, above, O_PATH | O_DIRECTORY);

			if (dir < 0 || fstatat(dir, path_basename(part), &st, AT_SYMLINK_NOFOLLOW) < 0)
				return 0;
		}
		if (S_ISLNK(st.st_mode))
			return (size_t)(end - path);
	}
	return 0;
}

/* name: from the top on; it may be what links made of the one that is started. */
static void judge(struct appear *a, const struct start *s, const char *name, int depth, size_t *left)
{
	AUTO_FREE char *path = path_clean(s->top, name);
	size_t tree = appearwalk_tree_of(a, path), from, link;
	AUTO_FREE char *here = NULL;
	AUTO_FREE char *above = NULL;
	AUTO_FREE char *own = NULL;
	struct stat st;
	bool held;

	if (tree == SIZE_MAX || depth > DEPTH_MAX || streq(path, s->top))
		return;
	/* The top itself was come to through none. */
	from = strlen(path_is_under(path, s->top) ? s->top : appearwalk_tree(a, tree));
	if (path[from] == '\0')
		return;
	link = link_on(a, path, from);
	here = link > 0 ? xstrndup(path, link) : xstrdup(path);
	held = appearjudge_is_held(a, here);
	/* A link that is held may have led to nothing. */
	if (!autorun_is_held(a->o.policy, here) || (held && link == 0))
		return;
	above = path_dirname(here);
	{
		AUTO_CLOSE int dir = open_path(a, above, O_PATH | O_DIRECTORY);

		if (dir < 0 || fstatat(dir, path_basename(here), &st, AT_SYMLINK_NOFOLLOW) < 0)
			return;
		own = path_is_under(here, s->top) ? xstrdup(here + strlen(s->top) + 1) : xstrdup(name);
		if (S_ISLNK(st.st_mode))
			judge_link(a, s, dir, here, own, path + strlen(here), held, depth, left);
		else if (S_ISREG(st.st_mode))
			judge_file(a, s, dir, here, own);
	}
	if (S_ISDIR(st.st_mode) && s->is->dirs)
		judge_all(a, s, here, own, depth, left);
}

static void judge_new(struct appear *a, const struct appear_top *top, size_t *left)
{
	const struct policy_named *named = &a->o.policy->named;

	for (size_t i = 0; i < named->nstart; i++) {
		const struct start s = { &named->start[i], top->path };

		if (!s.is->fixed && (*s.is->dir == '\0' || streq(s.is->dir, top->dir)))
			judge(a, &s, s.is->name, 0, left);
	}
	/* Where there was no repository nobody looked. */
	for (size_t i = 0; i < named->hooks.n; i++) {
		static char none[] = "", why[] = "git: your core.hooksPath names it";
		const struct policy_start is = { .dir = none,
						 .top = none,
						 .name = named->hooks.v[i],
						 .why = why,
						 .dirs = true,
						 .unasked = true };
		const struct start s = { &is, top->path };

		if (*is.name != '/' && *is.name != '~')
			judge(a, &s, is.name, 0, left);
	}
}

static bool is_expected(const struct policy_start *s)
{
	return s->absent && s->unasked;
}

void appearstart_remember(struct appear *a)
{
	const struct policy_named *named = &a->o.policy->named;

	for (size_t i = 0; i < named->nstart; i++)
		if (is_expected(&named->start[i]))
			strv_take(&a->absent, path_clean(named->start[i].top, named->start[i].name));
	strv_sort(&a->absent);
}

bool appearstart_is(const struct appear *a, const char *dir, const char *name)
{
	AUTO_FREE char *path = a->live && a->absent.n > 0 ? path_join(dir, name) : NULL;

	return path != NULL && appearjudge_is_below(&a->absent, path);
}

void appearstart_came(struct appear *a, const char *path)
{
	const struct policy_named *named = &a->o.policy->named;
	size_t left = NAMES_MAX;

	for (size_t i = 0; i < named->nstart; i++) {
		const struct start s = { &named->start[i], named->start[i].top };
		AUTO_FREE char *first = path_clean(s.top, s.is->name);
		AUTO_FREE char *name = NULL;

		if (!is_expected(s.is) || !path_is_under(path, first) || (!s.is->dirs && !streq(path, first)))
			continue;
		name = xasprintf("%s%s", s.is->name, path + strlen(first));
		judge(a, &s, name, 0, &left);
	}
}

void appearstart_judge(struct appear *a)
{
	const struct policy_named *named = &a->o.policy->named;
	size_t left = NAMES_MAX;

	for (size_t i = 0; i < named->nstart; i++) {
		const struct start s = { &named->start[i], named->start[i].top };

		if (is_expected(s.is) && (a->o.only == NULL || path_is_under(s.top, a->o.only)))
			judge(a, &s, s.is->name, 0, &left);
	}
	for (size_t i = 0; i < a->ntop; i++)
		judge_new(a, &a->top[i], &left);
	if (left == 0)
		a->incomplete = "more files are where git starts hooks than are looked at";
}
