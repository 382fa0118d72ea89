/* SPDX-License-Identifier: MIT */
#include "appearwalk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appeargit.h"
#include "gitconf.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

bool appearjudge_is_below(const struct strv *sorted, const char *path)
{
	for (const char *end = path; sorted->n > 0 && *end != '\0';) {
		AUTO_FREE char *above = NULL;

		end += 1 + strcspn(end + 1, "/");
		above = xstrndup(path, (size_t)(end - path));
		if (strv_has_sorted(sorted, above))
			return true;
	}
	return false;
}

bool appearjudge_is_held(struct appear *a, const char *path)
{
	struct stat st;

	if (strv_has_sorted(&a->pinned, path) || appearjudge_is_below(&a->held, path))
		return true;
	if (a->o.rest == NULL || a->o.rest->notes < 0 || fstat(a->o.rest->notes, &st) < 0)
		return false;
	if (st.st_size != a->later_size) {
		finish_held(a->o.rest, &a->held_later, &a->pinned_later);
		a->later_size = st.st_size;
	}
	return strv_has_sorted(&a->pinned_later, path) || appearjudge_is_below(&a->held_later, path);
}

/* --- what of a repository */

static char *text_of(int dir, const char *name)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	struct stat st;

	return textfile_read(fd, GITCONF_MAX, &st);
}

/* The first few. */
static char *some_of(const struct strv *s)
{
	AUTO_FREE char *list = xstrdup(s->v[0]);

	for (size_t i = 1; i < s->n && i < APPEAR_NAMED; i++) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s, %s", before, s->v[i]);
	}
	return s->n > APPEAR_NAMED ? xasprintf("%s and more", list) : TAKE_PTR(list);
}

/* A config with keys that run something: those go, and the rest stays, for who works in that repository. */
static void take_config(struct appear *a, const struct appear_place *at, int dir, const char *name,
			const struct autorun_row *row)
{
	AUTO_FREE char *text = text_of(dir, name);
	AUTO_STRV struct strv bad = { 0 };
	AUTO_FREE char *clean = NULL;
	AUTO_FREE char *keys = NULL;
	bool changing = text == NULL && (errno == ENOENT || errno == EIO);
	AUTO_FREE char *more = NULL;

	if (text != NULL)
		clean =
		    appeargit_config(text, at->path, a->o.tree[at->tree], appearwalk_tree(a, at->tree), &bad);
	if (changing || (clean != NULL && bad.n == 0))
		return;
	keys = clean != NULL ? some_of(&bad) : NULL;
	/* Nothing else was in it. */
	if (clean != NULL && clean[strspn(clean, " \t\r\n")] == '\0')
		mem_free_ptr(&clean);
	more = keys == NULL ? xstrdup("; it is no config")
	       : clean == NULL
		   ? xasprintf("; it has %s", keys)
		   : xasprintf("; in its place is one without %s, not known to run nothing", keys);
	appeartake_move(a, at, dir, name, row, clean, more);
}

/* A thing of a repository's own directory, or of a directory there that is a row as a whole. */
static void judge_git(struct appear *a, const struct appear_place *at, int dir, const char *name,
		      const struct autorun_row *row)
{
	AUTO_FREE char *text = NULL;

	if (streq(row->pattern, "hooks") && appeargit_is_sample(name))
		return;
	if (streq(row->pattern, "config") || streq(row->pattern, "config.worktree")) {
		take_config(a, at, dir, name, row);
		return;
	}
	/* Empty, it is about to be written. */
	if (streq(row->pattern, "commondir")) {
		text = text_of(dir, name);
		if (text != NULL && (*text == '\0' || appeargit_is_common(text, at->path)))
			return;
	}
	appeartake_move(a, at, dir, name, row, NULL, "");
}

/* .git where it is a file. */
static bool is_pointer(const struct appear *a, const struct appear_place *at, int dir)
{
	AUTO_FREE char *text = text_of(dir, ".git");

	/* Empty, it is about to be written. */
	return text != NULL && (*text == '\0' || appeargit_is_pointer(text, at->path, a->o.tree[at->tree],
								      appearwalk_tree(a, at->tree)));
}

/* --- names */

bool appearjudge_is_since(const struct appear *a, const struct appear_place *at, int dir, const char *name,
			  const struct stat *st)
{
	struct statx x;

	if (time_is_since(st->st_ctim, a->o.since) || (at->moved && a->o.rest == NULL))
		return true;
	return statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) == 0 &&
	       (x.stx_mask & STATX_BTIME) != 0 &&
	       time_is_since((struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec }, a->o.since);
}

/* Was made since: what is a session's to write is named only then. */
static bool is_new(const struct appear *a, int dir, const char *name)
{
	struct statx x;

	return statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) == 0 &&
	       ((x.stx_mask & STATX_BTIME) == 0 ||
		time_is_since((struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec }, a->o.since));
}

/*
 * The host's own file, written to before the search came to it: nobody came by a name in that directory. Where it lies
 * finish_changed() names it.
 */
static bool is_changed_in_place(const struct appear *a, int dir, const char *name)
{
	struct stat st;

	return a->o.rest != NULL && fstat(dir, &st) == 0 && !time_is_since(st.st_ctim, a->o.since) &&
	       !is_new(a, dir, name);
}

/* The agent keeps there what it may do: the settings serve it until the end, when they are moved as well. */
static bool is_for_later(const struct appear *a, const struct appear_place *at, const char *name,
			 const struct stat *st)
{
	AUTO_FREE char *dir = path_join(a->o.policy->project, ".claude");

	return a->live && S_ISREG(st->st_mode) && streq(at->path, dir) &&
	       (streq(name, "settings.json") || streq(name, "settings.local.json"));
}

bool appearjudge_is_new_repository(const struct appear *a, int dir)
{
	struct stat st;

	return (fstatat(dir, "HEAD", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		time_is_since(st.st_ctim, a->o.since)) ||
	       is_new(a, dir, "objects") || is_new(a, dir, "refs");
}

void appearjudge(struct appear *a, const struct appear_place *at, int dir, const char *name,
		 const struct autorun_row *row, const struct stat *st)
{
	AUTO_FREE char *path = path_join(at->path, name);

	if (!autorun_is_held(a->o.policy, path) || appearjudge_is_held(a, path) || strv_has(&a->ours, path))
		return;
	if (row->later == AUTORUN_REPORT) {
		/* Where the search was not at its end at the start, finish_changed() names those that it protects. */
		if (row->at_start == AUTORUN_READ_ONLY
			? a->o.rest == NULL && appearjudge_is_since(a, at, dir, name, st)
			: is_new(a, dir, name))
			appeartake_name(a, path);
		return;
	}
	if (is_changed_in_place(a, dir, name))
		return;
	/* Sockets and FIFOs: arrived.c. */
	if ((!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode)) || !appearjudge_is_since(a, at, dir, name, st))
		return;
	if (is_for_later(a, at, name, st))
		return;
	if (row->place == AUTORUN_GIT)
		judge_git(a, at, dir, name, row);
	else if (!streq(name, ".git") || !S_ISREG(st->st_mode) || !is_pointer(a, at, dir))
		appeartake_move(a, at, dir, name, row, NULL, "");
}
