/* SPDX-License-Identifier: MIT */
/* What a name is, by the directory that it lies in: which row of autorun.def is about it. */
#include "appearwalk.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "appeargit.h"
#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

#define MAX_PATH 3800 /* as scan.c: deeper directories are masked, or made inside */

_Static_assert(MAX_PATH == 3800, "as the reason that a search was cut short has it");

static const struct autorun_row *row_below(const char *directory)
{
	size_t n = strlen(directory);

	for (size_t i = 0; i < autorun_nrows; i++)
		if (autorun_rows[i].place == AUTORUN_ANY && str_starts(autorun_rows[i].pattern, directory) &&
		    autorun_rows[i].pattern[n] == '/')
			return &autorun_rows[i];
	return NULL;
}

/* A link in the place of a directory in the middle of a pattern: ".hg" of ".hg/hgrc", "repo" of ".jj/repo/config.toml". */
static const struct autorun_row *row_behind(const struct appear_place *at, const char *name)
{
	AUTO_FREE char *in_another = xasprintf("%s/%s", path_basename(at->path), name);
	const struct autorun_row *row = row_below(name);

	return row != NULL ? row : row_below(in_another);
}

static bool is_of_git(const struct autorun_row *row, const char *name)
{
	size_t n = strlen(row->pattern);

	return row->place == AUTORUN_GIT &&
	       (row->pattern[n - 1] == '*' ? strncmp(row->pattern, name, n - 1) == 0
					   : streq(row->pattern, name));
}

static const struct autorun_row *row_of_git(const char *name)
{
	for (size_t i = 0; i < autorun_nrows; i++)
		if (is_of_git(&autorun_rows[i], name))
			return &autorun_rows[i];
	return NULL;
}

/* "info", of "info/attributes". */
static bool has_row_of_git(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < autorun_nrows; i++)
		if (autorun_rows[i].place == AUTORUN_GIT && str_starts(autorun_rows[i].pattern, name) &&
		    (autorun_rows[i].pattern[n] == '\0' || autorun_rows[i].pattern[n] == '/'))
			return true;
	return false;
}

/* What a directory is that lies in one of a repository's own, of this kind. APPEAR_PLAIN: nothing in it counts. */
static enum appear_kind kind_in_git(const struct appear_place *at, enum appear_kind kind, const char *name)
{
	bool part = kind == APPEAR_PART && streq(name, "info") && streq(path_basename(at->path), "objects");

	if (kind == APPEAR_REPOSITORY || (kind == APPEAR_PART && at->nested)) {
		if (streq(name, "modules") || streq(name, "worktrees"))
			return APPEAR_REPOSITORIES;
		part = part || has_row_of_git(name);
	}
	if (part)
		return APPEAR_PART;
	/* "a/b" is the name of a module, as is "a". */
	return (kind == APPEAR_REPOSITORIES || at->nested) && !appeargit_is_store(at->path, name)
		   ? APPEAR_REPOSITORIES
		   : APPEAR_PLAIN;
}

const struct autorun_row *appearname_ref(void)
{
	return row_of_git("refs");
}

static void enter_git(const struct appear_place *at, enum appear_kind kind, const char *name,
		      enum appear_kind *ret_kind, struct appear_place *ret)
{
	*ret_kind = kind_in_git(at, kind, name);
	/* A ref's name is as long as its path is deep, and anything else may lie there. */
	if (*ret_kind == APPEAR_PART && kind != APPEAR_REPOSITORIES && row_of_git(name) == appearname_ref()) {
		*ret_kind = APPEAR_PLAIN;
		ret->refs = true;
	}
	ret->part = *ret_kind == APPEAR_PART && kind != APPEAR_REPOSITORIES ? row_of_git(name) : NULL;
	ret->nested = at->nested || *ret_kind == APPEAR_REPOSITORIES;
}

static struct appear_place place_below(const struct appear_place *p, const char *name)
{
	struct appear_place c = *p;

	c.path = path_join(p->path, name);
	c.top = false;
	return c;
}

/* Where git keeps its objects there may be many directories, and it follows no link: at the end is soon enough. */
static bool is_searched_now(const struct appear *a, const struct appear_place *at, const char *name)
{
	return !a->live || !appeargit_is_store(at->path, name);
}

/* Directories of a repository (gitrepository-layout(5)) that have no row, and what it keeps of a merge that has stopped. */
static bool is_written_by_git(const char *name)
{
	static const char *const names[] = { "logs", "rr-cache", "sequencer", "lfs" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

bool appearname_below(struct appear *a, const struct appear_place *at, const char *name,
		      const struct stat *st, struct appear_place *ret)
{
	AUTO_FREE char *rooted = xasprintf("/%s", name);
	const struct autorun_row *row;

	*ret = place_below(at, name);
	ret->moved = at->moved || time_is_since(st->st_ctim, a->o.since);
	ret->dependencies = at->dependencies || scan_in_dependencies(rooted);
	/* A tree in another is searched as itself. */
	if (strv_has_sorted(&a->held, ret->path) || appearwalk_tree_of(a, ret->path) != ret->tree)
		return false;
	if (strlen(ret->path) > MAX_PATH) {
		a->incomplete = "paths of more than 3800 bytes are not";
		return false;
	}
	if (at->kind == APPEAR_ROW)
		return true;
	if (at->kind != APPEAR_PLAIN) {
		enter_git(at, at->kind, name, &ret->kind, ret);
		if (ret->kind != APPEAR_PLAIN)
			return true;
		ret->bare = APPEAR_PLAIN;
		ret->nested = false;
		ret->dependencies = true;
		ret->own = true;
		return is_searched_now(a, at, name);
	}
	if (streq(name, ".git")) {
		ret->kind = APPEAR_REPOSITORY;
		ret->bare = APPEAR_PLAIN;
		ret->nested = false;
		ret->own = false;
		ret->refs = false;
		return true;
	}
	if (at->own && !is_searched_now(a, at, name))
		return false;
	/* Any project may have directories of such names: the other rows hold in them, too. */
	if (at->bare != APPEAR_PLAIN) {
		enter_git(at, at->bare, name, &ret->bare, ret);
		/* A worktree may lie there, too, with links of its own. */
		ret->own = at->own || ret->refs || (ret->bare == APPEAR_PLAIN && is_written_by_git(name));
	}
	row = ret->dependencies || !autorun_may_be(name) ? NULL : autorun_find(at->path, name, at->top);
	ret->row = row != NULL && row->kind == AUTORUN_DIR && row->later == AUTORUN_QUARANTINE ? row : NULL;
	if (ret->row != NULL)
		ret->kind = APPEAR_ROW;
	return true;
}

/* The row of a name in a part of a repository. */
static const struct autorun_row *row_of_part(const struct appear_place *at, const char *name)
{
	AUTO_FREE char *short_name = xasprintf("%s/%s", path_basename(at->path), name);
	AUTO_FREE char *dir = path_dirname(at->path);
	AUTO_FREE char *long_name = xasprintf("%s/%s", path_basename(dir), short_name);
	const struct autorun_row *row = at->part != NULL ? at->part : row_of_git(short_name);

	return row != NULL ? row : row_of_git(long_name);
}

/* A ref beside refs/, which git writes as one; neither FETCH_HEAD, a list, nor what people write (COMMIT_EDITMSG). */
static bool is_ref(const char *name)
{
	static const char *const others[] = { "AUTO_MERGE", "BISECT_EXPECTED_REV", "NOTES_MERGE_REF",
					      "NOTES_MERGE_PARTIAL" };
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (streq(name, others[i]))
			return true;
	return n >= 4 && streq(name + n - 4, "HEAD") && !streq(name, "FETCH_HEAD");
}

static const struct autorun_row *row_in_git(const struct appear_place *at, enum appear_kind kind,
					    const char *name, bool is_link)
{
	const struct autorun_row *row = kind == APPEAR_PART ? row_of_part(at, name) : NULL;

	if (row == NULL && (kind == APPEAR_REPOSITORY || (kind == APPEAR_PART && at->nested)))
		row = is_ref(name) ? appearname_ref() : row_of_git(name);
	/* It could lead to what nobody looks at, and git writes through it (COMMIT_EDITMSG, FETCH_HEAD, logs/HEAD). */
	if (is_link && (row == NULL || row->at_start == AUTORUN_LEAVE) && (kind != APPEAR_PLAIN || at->own))
		row = autorun_find(at->path, ".git", false);
	return row;
}

static const struct autorun_row *row_of(const struct appear_place *at, const char *name, bool is_link)
{
	const struct autorun_row *row =
	    row_in_git(at, at->kind == APPEAR_PLAIN ? at->bare : at->kind, name, is_link);

	if (at->kind != APPEAR_PLAIN)
		return at->kind == APPEAR_ROW ? at->row : row;
	if (row != NULL || (at->dependencies && !streq(name, ".git")))
		return row;
	row = is_link ? row_behind(at, name) : NULL;
	return row == NULL && autorun_may_be(name) ? autorun_find(at->path, name, at->top) : row;
}

const struct autorun_row *appearname_row(const struct appear_place *at, const char *name, bool is_link)
{
	const struct autorun_row *row = row_of(at, name, is_link);

	return row == NULL && at->refs ? appearname_ref() : row;
}

bool appearname_may_count(const struct appear_place *at, const char *name, unsigned char type)
{
	return type == DT_DIR || type == DT_UNKNOWN || appearname_row(at, name, type == DT_LNK) != NULL;
}
