/* SPDX-License-Identifier: MIT */
/* The part of the walk that looks for what the host would run by itself: autorun.def, and git's directories. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

static void protect(struct scan_walk *w, const char *path, bool is_dir, const char *title)
{
	autorun_put(&w->res->autorun, AUTORUN_PROTECT, xstrdup(path), is_dir,
		    xasprintf("autorun.def: %s", title));
}

/*
 * A link is held itself, and so is what it leads to, where the box could write it. Where that is a whole tree, which
 * is to be writable, nothing can be done.
 */
static void protect_link(struct scan_walk *w, const char *link, const char *title)
{
	AUTO_FREE char *target = scan_real(w, link);
	struct stat st;

	autorun_put(&w->res->autorun, AUTORUN_PIN, xstrdup(link), false, xasprintf("autorun.def: %s", title));
	if (target == NULL || scan_bound(w->policy, target) == NULL) {
		if (streq(path_basename(link), ".claude"))
			strv_addf(&w->res->notes,
				  "%s is a link to what is not in the sandbox: nothing of it holds inside",
				  link);
		return;
	}
	if (scan_holds_bound(w->policy, target) != NULL) {
		strv_addf(&w->res->weaker,
			  "%s leads to all of %s, which is writable: what the host runs from there is not "
			  "protected",
			  link, target);
		return;
	}
	if (fstatat(w->rootfd, target + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	autorun_put(&w->res->autorun, AUTORUN_PROTECT, TAKE_PTR(target), S_ISDIR(st.st_mode),
		    xasprintf("autorun.def: %s; %s leads here", title, link));
}

static void protect_thing(struct scan_walk *w, const char *path, unsigned char type, const char *title)
{
	if (scan_masked(w, path) != NULL)
		return;
	if (type == DT_LNK)
		protect_link(w, path, title);
	else
		protect(w, path, type == DT_DIR, title);
}

/* By name, without reading it: all that is looked for in the directory of a repository. */
static void protect_repository(struct scan_walk *w, const char *dir)
{
	int tree = w->tree[w->at.tree].fd;

	autorun_put(&w->res->autorun, AUTORUN_PIN, xstrdup(dir), true, xstrdup("autorun.def: a repository"));
	for (size_t i = 0; i < autorun_nrows; i++) {
		const struct autorun_row *row = &autorun_rows[i];
		AUTO_FREE char *path = NULL;
		struct stat st;

		if (row->place != AUTORUN_GIT)
			continue;
		path = path_join(dir, row->pattern);
		if (fstatat(tree, scan_below(w, path), &st, AT_SYMLINK_NOFOLLOW) == 0)
			protect_thing(w, path, IFTODT(st.st_mode), row->title);
	}
}

static bool is_dot_git(const char *name)
{
	return streq(name, ".git");
}

/* What lies in the directory of a repository. */
static void visit_own(const struct scan_walk *w, const char *name, unsigned char type, unsigned *flags)
{
	*flags |= SCAN_PROTECTED;
	if (type == DT_DIR && (streq(name, "modules") || streq(name, "worktrees")))
		*flags = SCAN_REPOSITORIES | (w->at.flags & SCAN_URGENT);
}

void scanauto_visit(struct scan_walk *w, const char *name, unsigned char type, unsigned *flags)
{
	const struct autorun_row *row;
	AUTO_FREE char *path = NULL;

	switch (name[0]) {
	case 'H':
		w->head |= streq(name, "HEAD");
		break;
	case 'o':
		w->objects |= type == DT_DIR && streq(name, "objects");
		break;
	case 'r':
		w->refs |= type == DT_DIR && streq(name, "refs");
		break;
	case 'c':
		w->commondir |= streq(name, "commondir");
		break;
	default:
		break;
	}
	if ((w->at.flags & SCAN_REPOSITORY) != 0) {
		visit_own(w, name, type, flags);
		return;
	}
	if ((w->at.flags & SCAN_REPOSITORIES) != 0)
		*flags |= SCAN_REPOSITORIES | (w->at.flags & SCAN_URGENT);
	if ((w->at.flags & SCAN_PROTECTED) != 0 || !autorun_may_be(name))
		return;
	path = path_join(w->at.path, name);
	if (is_dot_git(name) && type == DT_DIR) {
		protect_repository(w, path);
		*flags |= SCAN_REPOSITORY | ((w->at.flags & SCAN_ROOT) != 0 ? SCAN_URGENT : 0);
		return;
	}
	if ((w->at.flags & SCAN_DEPENDENCIES) != 0 && !is_dot_git(name))
		return;
	row = autorun_find(w->at.path, name, (w->at.flags & SCAN_ROOT) != 0);
	if (row == NULL || row->at_start != AUTORUN_READ_ONLY)
		return;
	protect_thing(w, path, type, row->title);
	if (autorun_is_held(w->policy, path))
		*flags |= SCAN_PROTECTED;
}

void scanauto_opened(struct scan_walk *w)
{
	struct stat st;

	if ((w->at.flags & SCAN_REPOSITORIES) == 0 || fstatat(w->dirfd, "HEAD", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	protect_repository(w, w->at.path);
	w->at.flags |= SCAN_REPOSITORY;
}

/* A repository by another name than .git: a bare one, or one that a .git file elsewhere names. */
void scanauto_read(struct scan_walk *w)
{
	if ((w->at.flags & (SCAN_REPOSITORY | SCAN_PROTECTED)) == 0 && w->head &&
	    ((w->objects && w->refs) || w->commondir))
		protect_repository(w, w->at.path);
}

void scanauto_top(struct scan_walk *w)
{
	for (size_t i = 0; i < autorun_nrows; i++) {
		const struct autorun_row *row = &autorun_rows[i];
		unsigned flags = 0;
		struct stat st;

		if (row->place == AUTORUN_GIT || strpbrk(row->pattern, "*/") != NULL ||
		    fstatat(w->dirfd, row->pattern, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		scanauto_visit(w, row->pattern, IFTODT(st.st_mode), &flags);
		if ((flags & SCAN_REPOSITORY) != 0)
			scan_enqueue(w, path_join(w->at.path, row->pattern), flags);
	}
}

/* What exists of --allow-autorun; and nothing below a masked directory, where its path leads nowhere. */
void scanauto_tidy(struct scan_walk *w)
{
	struct autorun_found *f = &w->res->autorun;
	size_t n = 0;

	for (size_t i = 0; i < w->policy->allow_autorun.n; i++) {
		const char *path = w->policy->allow_autorun.v[i];
		AUTO_FREE char *real = scan_real(w, path);
		struct stat st;

		if (real != NULL && streq(real, path) &&
		    fstatat(w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0)
			autorun_put(f, AUTORUN_OPEN, xstrdup(path), S_ISDIR(st.st_mode),
				    xstrdup("--allow-autorun"));
	}
	for (size_t i = 0; i < f->n; i++) {
		bool gone = false;

		for (size_t k = 0; k < w->res->found.n && !gone; k++)
			gone = !w->res->found.mask[k].read_only &&
			       path_is_under(f->thing[i].path, w->res->found.mask[k].path);
		if (!gone) {
			f->thing[n++] = f->thing[i];
			continue;
		}
		free(f->thing[i].path);
		free(f->thing[i].why);
	}
	f->n = n;
}
