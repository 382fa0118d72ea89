/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "owner.h"
#include "path.h"
#include "strv.h"
#include "util.h"

char *state_dir(char *const *env)
{
	const char *xdg = env_get(env, "XDG_STATE_HOME"), *home = env_get(env, "HOME");

	/* The base directory specification says to ignore a relative one. */
	if (xdg != NULL && *xdg == '/')
		return path_join(xdg, "claude-sandbox");
	if (home != NULL && *home == '/')
		return path_join(home, ".local/state/claude-sandbox");
	return NULL;
}

char *state_baseline(const char *project)
{
	AUTO_FREE char *name = path_unique(project);

	return xasprintf("baseline-%s.json", name);
}

char *state_egress_log(const char *project)
{
	AUTO_FREE char *name = path_unique(project);

	return xasprintf("egress-%s.jsonl", name);
}

char *state_flows(const char *project)
{
	AUTO_FREE char *name = path_unique(project);

	return xasprintf("flows-%s.mitm", name);
}

/* What is missing of the way is made as the specification says: for the user alone. */
static int state_make(const char *dir, struct diag *d)
{
	for (const char *s = dir + 1;; s++) {
		AUTO_FREE char *part = NULL;

		if (*s != '/' && *s != '\0')
			continue;
		part = xstrndup(dir, (size_t)(s - dir));
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return diag_errno(d, -errno, "%s", part);
		if (*s == '\0')
			return 0;
	}
}

/* The directories of a path without links, from the last one up. */
static int state_climb(const char *real, struct diag *d)
{
	AUTO_FREE char *dir = path_dirname(real);
	char word[DIAG_WORD];
	struct stat st;

	for (;;) {
		char *up;

		if (stat(dir, &st) == 0 && (st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0) {
			diag_set(d, -EPERM, "%s lies in %s, where everybody may put another in its place",
				 real, dir);
			diag_try(d, "chmod o-w %s, if what is in it is yours",
				 diag_word(word, sizeof(word), dir));
			return -EPERM;
		}
		if (streq(dir, "/"))
			return 0;
		up = path_dirname(dir);
		free(dir);
		dir = up;
	}
}

int state_place(const char *path, struct diag *d)
{
	AUTO_FREE char *dir = *path == '/' ? path_dirname(path) : xstrdup(".");
	AUTO_FREE char *real = realpath(dir, NULL);
	AUTO_FREE char *name = real != NULL ? path_join(real, path_basename(path)) : NULL;
	AUTO_FREE char *end = realpath(path, NULL);
	int r = name != NULL ? state_climb(name, d) : 0;

	/* What a link leads to lies elsewhere. */
	return r == 0 && end != NULL && !streq(end, name) ? state_climb(end, d) : r;
}

static int state_check(int fd, const char *dir, struct diag *d)
{
	char word[DIAG_WORD];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_errno(d, -errno, "%s", dir);
	if (st.st_uid != geteuid()) {
		diag_set(d, -EPERM, "the state folder %s belongs to another user (uid %u)", dir,
			 (unsigned)st.st_uid);
		diag_try(d, "a folder of your own: XDG_STATE_HOME=DIR, or HOME");
		return -EPERM;
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		diag_set(d, -EPERM, "others may write to the state folder %s", dir);
		diag_try(d, "chmod 700 %s, if what is in it is yours", diag_word(word, sizeof(word), dir));
		return -EPERM;
	}
	return 0;
}

int state_open(const char *dir, bool create, struct diag *d)
{
	AUTO_CLOSE int fd = -1;
	int r = create ? state_make(dir, d) : 0;

	if (r < 0)
		return r;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		return diag_set(d, -EPERM, "the state folder %s is a link, or no directory", dir);
	if (fd < 0)
		return diag_errno(d, -errno, "%s", dir);
	r = state_check(fd, dir, d);
	if (r == 0)
		r = state_place(dir, d);
	return r < 0 ? r : TAKE_FD(fd);
}

/* As state_check; what root made for a user belongs to either. */
static int state_check_below(int fd, const char *dir, uid_t owner, struct diag *d)
{
	char word[DIAG_WORD];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_errno(d, -errno, "%s", dir);
	if ((st.st_uid != geteuid() && st.st_uid != owner) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		diag_set(d, -EPERM, "%s %s", dir,
			 (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "may be written to by others"
								 : "belongs to another user");
		diag_try(d, "rm -r %s, if nothing in it is needed", diag_word(word, sizeof(word), dir));
		return -EPERM;
	}
	return 0;
}

int state_open_below(const char *folder, const char *below, uid_t owner, struct diag *d)
{
	AUTO_CLOSE int fd = state_open(folder, true, d);

	if (fd < 0)
		return fd;
	while (*below != '\0') {
		size_t n = strcspn(below, "/");
		AUTO_FREE char *name = xstrndup(below, n);
		AUTO_FREE char *shown = xasprintf("%s/.../%s", folder, name);
		int next = -1, r = 0;

		if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST)
			return diag_errno(d, -errno, "making %s", shown);
		next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && (errno == ENOTDIR || errno == ELOOP))
			return diag_set(d, -EPERM, "%s is a link, or no directory", shown);
		if (next < 0)
			return diag_errno(d, -errno, "%s", shown);
		close(fd);
		fd = next;
		r = state_check_below(fd, shown, owner, d);
		if (r < 0)
			return r;
		below += n + (below[n] == '/');
	}
	return TAKE_FD(fd);
}

static int state_check_file(int fd, const char *shown, size_t max, struct stat *st, struct diag *d)
{
	char word[DIAG_WORD];

	if (fstat(fd, st) < 0)
		return diag_errno(d, -errno, "%s", shown);
	if (!S_ISREG(st->st_mode))
		return diag_set(d, -EINVAL, "%s: not a regular file", shown);
	if (!owner_is_root(st->st_uid) && st->st_uid != geteuid()) {
		diag_set(d, -EPERM, "%s: belongs to another user (uid %u)", shown, (unsigned)st->st_uid);
		diag_try(d, "a copy of your own");
		return -EPERM;
	}
	if ((st->st_mode & S_IWOTH) != 0) {
		diag_set(d, -EPERM, "%s: everybody may write to it", shown);
		diag_try(d, "chmod o-w %s, if what is in it is yours", diag_word(word, sizeof(word), shown));
		return -EPERM;
	}
	if (owner_lets_group(st)) {
		diag_set(d, -EPERM, "%s: another group may write to it (gid %u)", shown,
			 (unsigned)st->st_gid);
		diag_try(d, "chmod g-w %s, if what is in it is yours", diag_word(word, sizeof(word), shown));
		return -EPERM;
	}
	if (st->st_size > (off_t)max)
		return diag_set(d, -EFBIG, "%s: larger than %zu bytes", shown, max);
	return 0;
}

int state_read(int dirfd, const char *name, const char *shown, size_t max, char **ret, size_t *ret_len,
	       struct diag *d)
{
	AUTO_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	AUTO_FREE char *buf = NULL;
	struct stat st;
	size_t len = 0;
	int r;

	if (fd < 0 && errno == ELOOP)
		return diag_set(d, -EPERM, "%s: is a link", shown);
	if (fd < 0)
		return diag_errno(d, -errno, "%s", shown);
	r = state_check_file(fd, shown, max, &st, d);
	if (r < 0)
		return r;
	/* Not mapped: nobody can shorten a copy. What is appended meanwhile is not read. */
	buf = xmalloc((size_t)st.st_size + 1);
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, buf + len, (size_t)st.st_size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_errno(d, -errno, "%s", shown);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	*ret = TAKE_PTR(buf);
	*ret_len = len;
	return 0;
}
