/* SPDX-License-Identifier: MIT */
/* The part of the walk that looks for what the host would run by itself: autorun.def, and git's directories. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git.h"
#include "gitconf.h"
#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "textfile.h"
#include "util.h"

enum {
	INCLUDE_DEPTH = 10, /* as git's own */
	INCLUDES_MAX = 64,  /* of one repository */
	POINTER_MAX = 4096, /* of a file that names a path */
};

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

/*
 * Where a path leads, by whatever links, which are all held, and so is what is there, if the box could write it.
 * Where that is a whole tree, which is to be writable, nothing can be done.
 */
static void protect_way(struct scan_walk *w, const char *path, bool dirs, const char *title)
{
	AUTO_FREE char *real = scan_real(w, path);
	AUTO_FREE char *again = NULL;
	struct stat st = { 0 };

	if (real != NULL && fstatat(w->rootfd, real + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode) && !dirs)
		return;
	again = scanlink_way(w, path, title);
	if (real == NULL || st.st_mode == 0 || scan_bound(w->policy, real) == NULL ||
	    scan_masked(w, real) != NULL)
		return;
	if (scan_holds_bound(w->policy, real) != NULL) {
		strv_addf(&w->res->weaker,
			  "%s leads to all of %s, which is writable: what the host runs from there is not "
			  "protected",
			  path, real);
		return;
	}
	scanlink_note(w, real, &st);
	if (S_ISDIR(st.st_mode) && autorun_is_held(w->policy, real))
		scan_follow(w, real, w->at.flags & SCAN_DEPENDENCIES);
	autorun_put(&w->res->autorun, AUTORUN_PROTECT, xstrdup(real), S_ISDIR(st.st_mode),
		    streq(real, path) ? xasprintf("autorun.def: %s", title)
				      : xasprintf("autorun.def: %s; %s leads here", title, path));
}

static void protect_link(struct scan_walk *w, const char *link, const char *title)
{
	AUTO_FREE char *target = scan_real(w, link);

	if ((target == NULL || scan_bound(w->policy, target) == NULL) &&
	    streq(path_basename(link), ".claude"))
		strv_addf(&w->res->notes,
			  "%s is a link to what is not in the sandbox: nothing of it holds inside", link);
	protect_way(w, link, true, title);
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

/* What a repository's config names by a path, which begins in `base`. */
static void protect_named(struct scan_walk *w, const char *base, const char *value, bool dirs,
			  const char *title)
{
	bool home = str_starts(value, "~/") && w->policy->home != NULL;
	AUTO_FREE char *path = home	       ? path_join(w->policy->home, value + 2)
			       : *value == '/' ? path_clean("/", value)
					       : path_clean(base, value);

	protect_way(w, path, dirs, title);
}

/* The scripts of a command that git on the host starts where the files are: "tools/clean.sh %f". */
static void protect_words(struct scan_walk *w, const char *top, const char *value)
{
	static const char between[] = " \t\n\"'!;&|()<>=`$";

	for (size_t n = 0; *(value += strspn(value, between)) != '\0'; value += n) {
		AUTO_FREE char *word = xstrndup(value, n = strcspn(value, between));

		if (strchr(word, '/') != NULL)
			protect_named(w, top, word, false, "git: a config starts it");
	}
}

/* A config, or what it includes: `git config include.path ../.gitconfig` is the way to share one. */
static void protect_named_by(struct scan_walk *w, const char *file, const char *top, int depth)
{
	AUTO_CLOSE int fd = openat(w->rootfd, file + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	AUTO_GITCONF struct gitconf c = { 0 };
	AUTO_FREE char *dir = path_dirname(file);
	struct stat st;
	AUTO_FREE char *text = textfile_read(fd, GITCONF_MAX, &st);

	if (text == NULL || gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return;
	for (size_t i = 0; i < c.n; i++) {
		const struct gitconf_item *it = &c.item[i];
		bool include = streq(it->key, "include.path") || str_starts(it->key, "includeif.");

		if (it->value == NULL || *it->value == '\0')
			continue;
		if (streq(it->key, "core.hookspath"))
			protect_named(w, top, it->value, true, "git: core.hooksPath names it");
		if (git_names_program(it->key))
			protect_words(w, top, it->value);
		if (!include || depth >= INCLUDE_DEPTH || w->includes++ >= INCLUDES_MAX)
			continue;
		protect_named(w, dir, it->value, true, "git: a config includes it");
		if (*it->value != '~') {
			AUTO_FREE char *next = path_clean(*it->value == '/' ? "/" : dir, it->value);

			if (scan_bound(w->policy, next) != NULL)
				protect_named_by(w, next, top, depth + 1);
		}
	}
}

/* All that is looked for in the directory of a repository, by name, and what its config names. */
static void protect_repository(struct scan_walk *w, const char *dir)
{
	AUTO_FREE char *config = path_join(dir, "config");
	AUTO_FREE char *top = is_dot_git(path_basename(dir)) ? path_dirname(dir) : xstrdup(dir);

	autorun_put(&w->res->autorun, AUTORUN_PIN, xstrdup(dir), true, xstrdup("autorun.def: a repository"));
	for (size_t i = 0; i < autorun_nrows; i++) {
		const struct autorun_row *row = &autorun_rows[i];
		AUTO_FREE char *path = NULL;
		struct stat st;

		if (row->place != AUTORUN_GIT)
			continue;
		path = path_join(dir, row->pattern);
		if (fstatat(w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (strchr(row->pattern, '/') != NULL)
			protect_way(w, path, true, row->title);
		else
			protect_thing(w, path, IFTODT(st.st_mode), row->title);
	}
	/* A relative core.hooksPath begins where the files are. */
	w->includes = 0;
	protect_named_by(w, config, top, 0);
}

/* What lies in the directory of a repository. */
static void visit_own(const struct scan_walk *w, const char *name, unsigned char type, unsigned *flags)
{
	*flags |= SCAN_PROTECTED;
	/* They are often links to scripts of the project. */
	if (type == DT_DIR && streq(name, "hooks"))
		*flags |= SCAN_HELD | (w->at.flags & SCAN_URGENT);
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
			protect_way(w, path, true, row->title);
	}
}

/* A .git file: what lies on the way to the repository that it names. */
static void hold_way(struct scan_walk *w, const char *file)
{
	static const char prefix[] = "gitdir:";
	AUTO_CLOSE int fd =
	    openat(w->rootfd, file + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	AUTO_FREE char *text = textfile_read(fd, POINTER_MAX, &st);
	AUTO_FREE char *dir = path_dirname(file);
	AUTO_FREE char *path = NULL;
	const char *s;

	if (text == NULL || !str_starts(text, prefix))
		return;
	text[strcspn(text, "\r\n")] = '\0';
	s = text + strlen(prefix);
	s += strspn(s, " ");
	path = *s == '/' ? xstrdup(s) : xasprintf("%s/%s", dir, s);
	free(scanlink_way(w, path, "git: a .git file leads through it"));
}

/* A file in a directory that is read-only as a whole. */
static void note_names(struct scan_walk *w, const char *name)
{
	AUTO_FREE char *path = path_join(w->at.path, name);
	struct stat st;

	if (!w->again && fstatat(w->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		scanlink_note(w, path, &st);
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
	if (is_dot_git(name) && type == DT_REG)
		hold_way(w, path);
	if (autorun_is_held(w->policy, path))
		*flags |= SCAN_PROTECTED | SCAN_HELD;
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
