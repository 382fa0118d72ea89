/* SPDX-License-Identifier: MIT */
#include "hostblocked.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocked.h"
#include "hostbwrap.h"
#include "mem.h"
#include "path.h"
#include "util.h"

/* Whatever the caller's PATH is: a command can be started by its whole path. */
static const char *const standard[] = {
	"/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/games",
	"/run/current-system/sw/bin",
	/* The same git once more: a file of its own, or another name of it. */
	"/usr/lib/git-core", "/usr/libexec/git-core"
};

/* Directories of programs, each once by what it really is. */
static void program_dirs(struct hostroot *root, const struct conf *conf, const struct host *h,
			 struct strv *ret)
{
	AUTO_STRV struct strv dirs = { 0 };

	hostbwrap_path_dirs(h->env, &dirs);
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		strv_add(&dirs, standard[i]);
	for (size_t i = 0; i < conf->extra_path.n; i++)
		strv_add(&dirs, conf->extra_path.item[i].value);
	for (size_t i = 0; i < h->ntoolchain; i++)
		for (size_t k = 0; k < h->toolchain[i].path.n; k++)
			strv_add(&dirs, h->toolchain[i].path.v[k]);
	hostroot_dirs(root, &dirs, ret);
}

static void add(struct hostroot *root, struct host *h, const char *dir, const char *name, size_t pattern)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_CLOSE int fd = hostroot_open(root, path, O_PATH);
	AUTO_FREE char *real = fd >= 0 ? hostroot_real(root, fd) : NULL;
	struct stat st;

	if (real == NULL || hostroot_stat(root, fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	for (size_t i = 0; i < h->nblocked; i++)
		if (h->blocked[i].pattern == pattern && streq(h->blocked[i].real, real))
			return;
	h->blocked = xrealloc_array(h->blocked, h->nblocked + 1, sizeof(*h->blocked));
	h->blocked[h->nblocked++] = (struct host_blocked){ .path = TAKE_PTR(path),
							   .real = TAKE_PTR(real),
							   .pattern = pattern,
							   .dev = st.st_dev,
							   .ino = st.st_ino,
							   .other_names = st.st_nlink > 1 };
}

/* Entries that fit the glob; with ino those alone that are this file. */
static void add_fitting(struct hostroot *root, struct host *h, const char *path, const char *glob, ino_t ino,
			size_t pattern)
{
	AUTO_DIR DIR *dir = mem_dir(hostroot_open(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
	const struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if ((ino == 0 || e->d_ino == ino) && blocked_glob(glob, e->d_name))
			add(root, h, path, e->d_name, pattern);
}

static void find_pattern(struct hostroot *root, struct host *h, const struct strv *dirs, const char *name,
			 size_t pattern)
{
	size_t from = h->nblocked;

	for (size_t i = 0; i < dirs->n; i++)
		if (strpbrk(name, "*?\\") != NULL)
			add_fitting(root, h, dirs->v[i], name, 0, pattern);
		else
			add(root, h, dirs->v[i], name, pattern);
	/* A file that has other names is as good under one of those. */
	for (size_t i = from, n = h->nblocked; i < n; i++)
		for (size_t k = 0; k < dirs->n && h->blocked[i].other_names; k++)
			add_fitting(root, h, dirs->v[k], "*", h->blocked[i].ino, pattern);
}

void hostblocked_find(struct hostroot *root, const struct conf *conf, struct host *h)
{
	AUTO_STRV struct strv dirs = { 0 };

	if (conf->blocked_commands.n == 0)
		return;
	program_dirs(root, conf, h, &dirs);
	for (size_t i = 0; i < conf->blocked_commands.n; i++) {
		struct blocked_pattern p;

		/* The config was judged before: every pattern is one. */
		if (blocked_parse(conf->blocked_commands.item[i].value, &p) == NULL)
			find_pattern(root, h, &dirs, p.name, i);
		blocked_done(&p);
	}
}

void hostblocked_done(struct host *h)
{
	for (size_t i = 0; i < h->nblocked; i++) {
		free(h->blocked[i].path);
		free(h->blocked[i].real);
	}
	free(h->blocked);
}
