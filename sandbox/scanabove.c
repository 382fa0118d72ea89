/* SPDX-License-Identifier: MIT */
/*
 * What of a project the host runs since something above it names it, that is not inside: the repository of a checkout
 * that the project is a part of, and the files there that programs of the host act on (autorun.def).
 */
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

enum {
	NAMES_MAX = 4096, /* looked at in all directories of one that is above */
	PARTS_DEPTH = 4,
};

struct above {
	struct scan_walk *w;
	size_t left;
	bool over; /* some were not looked at */
};

static DIR *open_dir(const struct above *a, const char *dir)
{
	return mem_dir(openat(a->w->rootfd, dir + 1, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC));
}

static const struct dirent *next(struct above *a, DIR *list)
{
	const struct dirent *e;

	while ((e = readdir(list)) != NULL && (streq(e->d_name, ".") || streq(e->d_name, "..")))
		;
	a->over = a->over || (e != NULL && a->left == 0);
	return e != NULL && a->left > 0 && a->left-- > 0 ? e : NULL;
}

/* The files of a directory of the table: ".vscode/tasks.json". */
static void by_parts(struct above *a, const char *dir, int depth)
{
	AUTO_DIR DIR *list = open_dir(a, dir);
	const struct dirent *e;

	while (list != NULL && (e = next(a, list)) != NULL) {
		AUTO_FREE char *path = path_join(dir, e->d_name);

		if (e->d_type != DT_DIR)
			scantext_file(a->w, path, false);
		else if (depth < PARTS_DEPTH)
			by_parts(a, path, depth + 1);
	}
}

/* What is there under a name of the table; a link may lead into a tree. */
static void by_thing(struct above *a, const char *path, const struct autorun_row *row)
{
	struct stat st;

	if (fstatat(a->w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	scannamed_way(a->w, path, true, row->title);
	scannamed_by_agent(a->w, path);
	if (fstatat(a->w->rootfd, path + 1, &st, 0) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		by_parts(a, path, 0);
	else
		scantext_file(a->w, path, true);
}

/* ".run/x" of ".run/" and "*": one by one. */
static void by_glob(struct above *a, const char *pattern, const struct autorun_row *row)
{
	AUTO_FREE char *dir = path_dirname(pattern);
	AUTO_DIR DIR *list = open_dir(a, dir);
	const struct dirent *e;

	while (list != NULL && (e = next(a, list)) != NULL) {
		AUTO_FREE char *path = path_join(dir, e->d_name);

		if (fnmatch(path_basename(pattern), e->d_name, 0) == 0)
			by_thing(a, path, row);
	}
}

static void by_rows(struct scan_walk *w, const char *dir)
{
	struct above a = { .w = w, .left = NAMES_MAX };

	for (size_t i = 0; i < autorun_nrows; i++) {
		const struct autorun_row *row = &autorun_rows[i];
		AUTO_FREE char *path = path_join(dir, row->pattern);

		if (row->place != AUTORUN_ANY || row->at_start != AUTORUN_READ_ONLY ||
		    streq(row->pattern, ".git"))
			continue;
		if (*path_basename(path) == '*')
			by_glob(&a, path, row);
		else
			by_thing(&a, path, row);
	}
	if (a.over)
		strv_addf(&w->res->weaker,
			  "%s has too many names for all to be looked at: what the host runs there may start "
			  "scripts of "
			  "the project that are not held",
			  dir);
}

/* Where its rows are read: below the home; else, what is no checkout is nobody's project. */
static bool is_read(const struct scan_walk *w, const char *dir, bool checkout)
{
	const char *home = w->policy->home;

	if (home != NULL && path_is_under(home, dir))
		return false;
	return checkout || (home != NULL && path_is_under(dir, home));
}

static bool is_there(const struct scan_walk *w, const char *path)
{
	struct stat st;

	return fstatat(w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void scanabove_all(struct scan_walk *w)
{
	AUTO_STRV struct strv done = { 0 };

	for (size_t i = 0; i < w->ntree; i++) {
		AUTO_FREE char *dir = path_dirname(w->tree[i].path);

		if (!w->tree[i].writable)
			continue;
		w->at = (struct scan_item){ .tree = (unsigned short)i, .flags = SCAN_URGENT };
		/* What another tree holds, the walk comes to. */
		while (!strv_has(&done, dir) && !scan_is_written(w, dir)) {
			AUTO_FREE char *git = path_join(dir, ".git");
			bool checkout = is_there(w, git);
			char *above = path_dirname(dir);

			if (checkout)
				scannamed_by_git(w, git);
			if (is_read(w, dir, checkout))
				by_rows(w, dir);
			strv_take(&done, dir);
			dir = above;
		}
	}
}
