/* SPDX-License-Identifier: MIT */
#include "appeargit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "git.h"
#include "gitconf.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "util.h"

/* No link on the way, which could lead elsewhere later. -errno: it is not there, or not in the tree. */
static int open_in_tree(const char *path, int fd, const char *tree)
{
	if (!path_is_under(path, tree) || streq(path, tree))
		return -EXDEV;
	return oldkernel_open_beneath(fd, path + strlen(tree) + 1, O_PATH | O_DIRECTORY, false);
}

/* A worktree that is reached through a link could be anywhere: git on the host would write its files there. */
static bool is_worktree(const char *value, const char *dir, int fd, const char *tree)
{
	AUTO_FREE char *path = value != NULL ? path_clean(dir, value) : xstrdup("/");
	AUTO_CLOSE int place = open_in_tree(path, fd, tree);

	return place >= 0;
}

char *appeargit_config(const char *text, const char *dir, int fd, const char *tree, struct strv *bad)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	const struct strv none = { 0 };
	AUTO_FREE char *out = NULL;

	if (gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < c.n; i++) {
		const char *key = c.item[i].key, *value = c.item[i].value;
		bool good = git_goes_back(key, value, tree, dir) &&
			    (!streq(key, "core.worktree") || is_worktree(value, dir, fd, tree));

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

/* Without the end of the line; NULL: more than one. */
static char *line_of(const char *text)
{
	size_t n = strcspn(text, "\r\n");

	return text[n + strspn(text + n, "\r\n")] == '\0' ? xstrndup(text, n) : NULL;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && streq(s + n - m, end);
}

bool appeargit_is_pointer(const char *text, const char *dir, int fd, const char *tree)
{
	static const char *const of[] = { "/.git/modules/", "/.git/worktrees/" };
	AUTO_FREE char *line = line_of(text);
	AUTO_FREE char *path = NULL;
	AUTO_CLOSE int repository = -1;

	if (line == NULL || !str_starts(line, "gitdir: "))
		return false;
	path = path_clean(dir, line + strlen("gitdir: "));
	if (strstr(path, of[0]) == NULL && strstr(path, of[1]) == NULL)
		return false;
	repository = open_in_tree(path, fd, tree);
	return repository >= 0;
}

bool appeargit_is_common(const char *text, const char *dir)
{
	AUTO_FREE char *line = line_of(text);
	AUTO_FREE char *worktrees = path_dirname(dir);

	return line != NULL && streq(line, "../..") && ends_with(worktrees, "/.git/worktrees");
}

bool appeargit_is_sample(const char *name)
{
	return ends_with(name, ".sample");
}
