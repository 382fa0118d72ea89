/* SPDX-License-Identifier: MIT */
/* The part of the walk that looks for what the host would run by itself: autorun.def, and git's directories. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

/* In the hooks of all repositories that git lists. */
#define LISTED_NAMES 32768

static bool is_dot_git(const char *name)
{
	return streq(name, ".git");
}

static void protect(struct scan_walk *w, const char *path, bool is_dir, const char *title)
{
	struct stat st;

	if (!is_dir && fstatat(w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0)
		scanlink_note(w, path, &st);
	autorun_put(&w->res->autorun, AUTORUN_PROTECT, xstrdup(path), is_dir,
		    xasprintf("autorun.def: %s", title));
}

/* Nothing can be mounted where nothing is, and what is made there inside is the host's by the link. */
static void say_dangling(struct scan_walk *w, const char *link)
{
	char text[4096];
	ssize_t n = readlinkat(w->rootfd, link + 1, text, sizeof(text) - 1);
	AUTO_FREE char *dir = path_dirname(link);
	AUTO_FREE char *place = NULL;

	if (n <= 0)
		return;
	text[n] = '\0';
	place = path_clean(*text == '/' ? "/" : dir, text);
	if (scan_bound(w->policy, place) != NULL)
		strv_addf(&w->res->weaker,
			  "%s is a link to nothing: what is made inside as %s, the host acts on; "
			  "try: remove the link",
			  link, place);
}

static void protect_link(struct scan_walk *w, const char *link, const char *title)
{
	AUTO_FREE char *target = scan_real(w, link);

	if (target == NULL)
		say_dangling(w, link);
	else if (scan_bound(w->policy, target) == NULL && streq(path_basename(link), ".claude"))
		strv_addf(&w->res->notes,
			  "%s is a link to what is not in the sandbox: nothing of it holds inside", link);
	scannamed_way(w, link, true, title);
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

/* Read-only as a part of its directory, a link may lead to what is not: a hook that is a script of the project. */
static void protect_part(struct scan_walk *w, const char *name)
{
	AUTO_FREE char *link = path_join(w->at.path, name);
	AUTO_FREE char *target = scan_real(w, link);
	AUTO_FREE char *dir = target != NULL ? path_dirname(target) : NULL;
	const struct autorun_row *row = dir != NULL ? autorun_find(dir, path_basename(target), true) : NULL;

	/* CLAUDE.md and its like are a session's to write, by whatever name. */
	if ((row == NULL || row->at_start == AUTORUN_READ_ONLY) && scan_masked(w, link) == NULL)
		protect_link(w, link, "a link in what is protected");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What was protected before the walk: see scanauto_listed. */
static bool is_done(const struct scan_walk *w, const char *dir)
{
	const struct strv *dirs = &w->policy->git.listed;

	return w->limited && !w->again && w->listed > 0 &&
	       bsearch(&dir, dirs->v, dirs->n, sizeof(*dirs->v), by_name) != NULL;
}

/* All that is looked for in the directory of a repository, by name, and what its config names. */
static void protect_repository(struct scan_walk *w, const char *dir)
{
	if (is_done(w, dir))
		return;
	autorun_put(&w->res->autorun, AUTORUN_PIN, xstrdup(dir), true, xstrdup("autorun.def: a repository"));
	for (size_t i = 0; i < autorun_nrows; i++) {
		const struct autorun_row *row = &autorun_rows[i];
		AUTO_FREE char *path = NULL;
		struct stat st;

		if (row->place != AUTORUN_GIT || row->at_start != AUTORUN_READ_ONLY)
			continue;
		path = path_join(dir, row->pattern);
		if (fstatat(w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (strchr(row->pattern, '/') != NULL)
			scannamed_way(w, path, true, row->title);
		else
			protect_thing(w, path, IFTODT(st.st_mode), row->title);
	}
	scannamed_by_repository(w, dir);
}

/* What lies in the directory of a repository. */
static void visit_own(const struct scan_walk *w, const char *name, unsigned char type, unsigned *flags)
{
	*flags |= SCAN_PROTECTED;
	/* They are often links to scripts of the project. */
	if (type == DT_DIR && streq(name, "hooks"))
		*flags |= SCAN_HELD | SCAN_HOOKS | (w->at.flags & SCAN_URGENT);
	if (type == DT_DIR && (streq(name, "modules") || streq(name, "worktrees")))
		*flags = SCAN_REPOSITORIES | (w->at.flags & SCAN_URGENT);
}

/* A link in the middle of a name of the table: ".cargo" of ".cargo/config.toml". */
static void protect_behind(struct scan_walk *w, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < autorun_nrows; i++) {
		const struct autorun_row *row = &autorun_rows[i];
		AUTO_FREE char *path = NULL;
		struct stat st;

		if (row->place == AUTORUN_GIT || row->at_start != AUTORUN_READ_ONLY ||
		    (row->place == AUTORUN_ROOT && (w->at.flags & SCAN_ROOT) == 0) ||
		    !str_starts(row->pattern, name) || row->pattern[n] != '/')
			continue;
		path = path_join(w->at.path, row->pattern);
		if (fstatat(w->rootfd, path + 1, &st, 0) == 0)
			scannamed_way(w, path, true, row->title);
	}
}

/* A file in a directory that is read-only as a whole. */
static void note_names(struct scan_walk *w, const char *name)
{
	AUTO_FREE char *path = path_join(w->at.path, name);
	struct stat st;

	if (!w->again && fstatat(w->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		scanlink_note(w, path, &st);
}

/* What a file in a held directory names; a link, by its own name. */
static void read_part(struct scan_walk *w, const char *name)
{
	AUTO_FREE char *path = path_join(w->at.path, name);
	AUTO_FREE char *dir = (w->at.flags & SCAN_HOOKS) != 0 ? path_dirname(w->at.path) : NULL;

	if (dir == NULL)
		scantext_file(w, path, false);
	else if (!is_done(w, dir))
		scannamed_by_hook(w, dir, path);
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
	if ((w->at.flags & SCAN_PROTECTED) != 0) {
		if (type == DT_LNK)
			protect_part(w, name);
		else if (type == DT_REG && (w->at.flags & SCAN_HELD) != 0)
			note_names(w, name);
		if (type != DT_DIR && (w->at.flags & SCAN_HELD) != 0)
			read_part(w, name);
		return;
	}
	if (type == DT_LNK && (w->at.flags & SCAN_DEPENDENCIES) == 0)
		protect_behind(w, name);
	if (!autorun_may_be(name))
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
	if (is_dot_git(name))
		scannamed_by_git(w, path);
	else
		scannamed_by_agent(w, path);
	if (type != DT_DIR)
		scantext_file(w, path, true);
	if (autorun_is_held(w->policy, path))
		*flags |= SCAN_PROTECTED | SCAN_HELD;
}

/* The writable tree that holds a repository: the innermost. */
static bool enter_tree(struct scan_walk *w, const char *dir)
{
	const struct scan_tree *in = NULL;

	for (size_t i = 0; i < w->ntree; i++)
		if (path_is_under(dir, w->tree[i].path) &&
		    (in == NULL || path_is_under(w->tree[i].path, in->path)))
			in = &w->tree[i];
	if (in == NULL || !in->writable || in->fd < 0)
		return false;
	w->at = (struct scan_item){ .tree = (unsigned short)(in - w->tree) };
	return true;
}

/* Hooks that are links, and what hooks name; *left: so many names more are looked at. */
static void visit_hooks(struct scan_walk *w, const char *dir, size_t *left)
{
	AUTO_FREE char *hooks = path_join(dir, "hooks");
	int fd = oldkernel_open_beneath(w->tree[w->at.tree].fd, scan_below(w, hooks),
					O_RDONLY | O_DIRECTORY | O_NONBLOCK, false);
	AUTO_DIR DIR *d = mem_dir(fd);
	const struct dirent *e;
	struct stat st;

	if (d == NULL)
		return;
	w->at.path = hooks;
	while (*left > 0 && (e = readdir(d)) != NULL) {
		AUTO_FREE char *path = path_join(hooks, e->d_name);

		(*left)--;
		if (e->d_type == DT_LNK ||
		    (e->d_type == DT_UNKNOWN && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		     S_ISLNK(st.st_mode)))
			protect_part(w, e->d_name);
		if (e->d_type != DT_DIR)
			scannamed_by_hook(w, dir, path);
	}
	w->at.path = NULL;
}

void scanauto_listed(struct scan_walk *w)
{
	const struct strv *dirs = &w->policy->git.listed;
	size_t left = LISTED_NAMES;

	for (size_t i = 0; i < dirs->n; i++) {
		if (!enter_tree(w, dirs->v[i]))
			continue;
		protect_repository(w, dirs->v[i]);
		visit_hooks(w, dirs->v[i], &left);
	}
	w->links_left = left == 0;
	w->listed = w->res->autorun.n;
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
	AUTO_FREE char *hooks = NULL;
	struct stat st;

	if ((w->at.flags & (SCAN_REPOSITORY | SCAN_PROTECTED)) != 0 || !w->head ||
	    !((w->objects && w->refs) || w->commondir))
		return;
	protect_repository(w, w->at.path);
	hooks = path_join(w->at.path, "hooks");
	if (autorun_is_held(w->policy, hooks) && fstatat(w->dirfd, "hooks", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		scan_follow(w, hooks, 0);
}

void scanauto_top(struct scan_walk *w)
{
	struct stat own;

	w->head = fstatat(w->dirfd, "HEAD", &own, AT_SYMLINK_NOFOLLOW) == 0;
	w->objects = fstatat(w->dirfd, "objects", &own, AT_SYMLINK_NOFOLLOW) == 0;
	w->refs = fstatat(w->dirfd, "refs", &own, AT_SYMLINK_NOFOLLOW) == 0;
	w->commondir = fstatat(w->dirfd, "commondir", &own, AT_SYMLINK_NOFOLLOW) == 0;
	scanauto_read(w);
	for (size_t i = 0; i < autorun_nrows; i++) {
		const struct autorun_row *row = &autorun_rows[i];
		unsigned flags = 0;
		struct stat st;

		if (row->place == AUTORUN_GIT || strpbrk(row->pattern, "*/") != NULL ||
		    fstatat(w->dirfd, row->pattern, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		scanauto_visit(w, row->pattern, IFTODT(st.st_mode), &flags);
		if ((flags & SCAN_REPOSITORY) != 0)
			scan_enqueue(w, path_join(w->at.path, row->pattern), flags, st.st_ino);
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
