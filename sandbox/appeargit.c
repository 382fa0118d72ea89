/* SPDX-License-Identifier: MIT */
#include "appeargit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "git.h"
#include "gitconf.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

/* No link on the way, which could lead elsewhere later. -errno: it is not there, or not in the tree. */
static int open_in_tree(const char *path, int fd, const char *tree)
{
	if (!path_is_under(path, tree) || streq(path, tree))
		return -EXDEV;
	return oldkernel_open_beneath(fd, path + strlen(tree) + 1, O_PATH | O_DIRECTORY, false);
}

/* By names alone it leads where the kernel goes: a link before ".." makes another place of that. */
static bool is_straight(const char *path)
{
	bool name = *path == '/';

	for (const char *part = path; *part != '\0'; part += strcspn(part, "/"), part += strspn(part, "/")) {
		size_t n = strcspn(part, "/");
		bool up = n == 2 && strncmp(part, "..", n) == 0;

		if (up && name)
			return false;
		name = name || (n > 0 && !up && !(n == 1 && *part == '.'));
	}
	return true;
}

/* Without the end of the line; NULL: more than one. */
static char *line_of(const char *text)
{
	size_t n = strcspn(text, "\r\n");

	return text[n + strspn(text + n, "\r\n")] == '\0' ? xstrndup(text, n) : NULL;
}

char *appeargit_pointed_at(const char *text, const char *dir)
{
	static const char key[] = "gitdir: ";
	AUTO_FREE char *line = line_of(text);

	if (line == NULL || !str_starts(line, key) || !is_straight(line + strlen(key)))
		return NULL;
	return path_clean(dir, line + strlen(key));
}

/* The .git of the directory at path is the repository's own, dir, or names it: so git has made both. */
static bool is_its_own(int place, const char *path, const char *dir)
{
	AUTO_FREE char *own = path_join(path, ".git");
	AUTO_CLOSE int fd = oldkernel_open_beneath(place, ".git", O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *to = NULL;
	struct stat st;

	if (streq(own, dir))
		return true;
	text = textfile_read(fd, PATH_MAX, &st);
	to = text != NULL ? appeargit_pointed_at(text, path) : NULL;
	return to != NULL && streq(to, dir);
}

/*
 * Git on the host writes its files into the worktree. One that is reached through a link could be anywhere, and any other
 * directory than the repository's own could be that of hooks.
 */
static bool is_worktree(const char *value, const char *dir, int fd, const char *tree, const struct strv *held)
{
	AUTO_FREE char *path = value != NULL ? path_clean(dir, value) : xstrdup("/");
	AUTO_CLOSE int place = open_in_tree(path, fd, tree);

	if (place < 0 || value == NULL || !is_straight(value) || !is_its_own(place, path, dir))
		return false;
	for (size_t i = 0; i < held->n; i++)
		if (path_is_under(held->v[i], path) || path_is_under(path, held->v[i]))
			return false;
	return true;
}

char *appeargit_config(const char *text, const char *dir, int fd, const char *tree, const struct strv *held,
		       struct strv *bad)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	const struct strv none = { 0 };
	AUTO_FREE char *out = NULL;

	if (gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < c.n; i++) {
		const char *key = c.item[i].key, *value = c.item[i].value;
		bool good = git_goes_back(key, value, tree, dir) &&
			    (!streq(key, "core.worktree") || is_worktree(value, dir, fd, tree, held));

		if (!good && !strv_has(bad, key))
			strv_add(bad, key);
	}
	out = xstrdup(text);
	for (size_t i = 0; i < bad->n && out != NULL; i++) {
		AUTO_FREE char *before = out;

		out = gitconf_set(before, bad->v[i], &none);
	}
	return TAKE_PTR(out);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && streq(s + n - m, end);
}

/* The length of what precedes the first ".git" of a path, with the slash; 0: there is none. */
static size_t before_git(const char *path)
{
	for (const char *at = strstr(path, "/.git"); at != NULL; at = strstr(at + 1, "/.git"))
		if (at[5] == '/' || at[5] == '\0')
			return (size_t)(at - path) + 1;
	return 0;
}

bool appeargit_is_in_own(const char *path)
{
	return before_git(path) != 0;
}

bool appeargit_is_store(const char *dir, const char *name)
{
	static const char hex[] = "0123456789abcdef";

	return ends_with(dir, "/objects") &&
	       (streq(name, "pack") || (strlen(name) == 2 && strspn(name, hex) == 2));
}

/* What follows the directory of the repository that path, below a tree, lies in; NULL: it lies in none that is known. */
static const char *in_repository(const char *path, const char *tree, const struct strv *known)
{
	const char *below = path + strlen(tree);
	size_t n;

	for (size_t i = 0; i < known->n; i++)
		if (path_is_under(path, known->v[i]) && !streq(path, known->v[i]))
			return path + strlen(known->v[i]) + 1;
	n = before_git(below);
	return n > 0 && below[n + 4] == '/' ? below + n + 5 : NULL;
}

/* The walk comes to path, below a tree, as to a repository in the modules or worktrees of another. */
static bool is_searched(const char *path, const char *tree, const struct strv *known)
{
	const char *in = in_repository(path, tree, known);

	if (in == NULL || (!str_starts(in, "modules/") && !str_starts(in, "worktrees/")))
		return false;
	for (const char *end = in; *end != '\0';) {
		AUTO_FREE char *dir = xstrndup(path, (size_t)(end - path) - 1);
		size_t len = strcspn(end, "/");
		AUTO_FREE char *name = xstrndup(end, len);

		if (appeargit_is_store(dir, name))
			return false;
		end += len + (end[len] == '/');
	}
	return true;
}

bool appeargit_is_of_another(const char *path, int fd, const char *tree, const struct strv *known,
			     bool *ret_absent)
{
	AUTO_CLOSE int repository = open_in_tree(path, fd, tree);
	bool searched = repository != -EXDEV && is_searched(path, tree, known);

	*ret_absent = repository == -ENOENT && searched;
	return repository >= 0 && searched;
}

char *appeargit_worktree_of(const char *text, const char *dir)
{
	AUTO_FREE char *path = appeargit_pointed_at(text, dir);
	AUTO_FREE char *above = path != NULL ? path_dirname(path) : NULL;

	return above != NULL && streq(path_basename(above), "worktrees") ? path_dirname(above) : NULL;
}

bool appeargit_is_worktree(const char *dir, const struct strv *known)
{
	AUTO_FREE char *worktrees = path_dirname(dir);
	AUTO_FREE char *of = path_dirname(worktrees);

	return streq(path_basename(worktrees), "worktrees") &&
	       (streq(path_basename(of), ".git") || strv_has(known, of));
}

bool appeargit_is_common(const char *text, const char *dir, const struct strv *known)
{
	AUTO_FREE char *line = line_of(text);

	return line != NULL && streq(line, "../..") && appeargit_is_worktree(dir, known);
}

bool appeargit_is_sample(const char *name)
{
	return ends_with(name, ".sample");
}
