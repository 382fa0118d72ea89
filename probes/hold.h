/* SPDX-License-Identifier: MIT */
/*
 * Ways to change a file, or what a directory holds, that a protection must all
 * stop. Whatever succeeds is undone, with the same bytes and mode. A write that
 * lands on another file system than the project's went to a private copy, which
 * the host never sees: it counts as refused.
 */
#ifndef HOLD_H
#define HOLD_H

#include "look.h"

#include <sys/stat.h>

struct hold {
	const char *project;
	char path[LOOK_PATH], dir[LOOK_PATH], aside[LOOK_PATH];
	struct stat st;
	char bytes[4096];
	long len;
	const char *way; /* that succeeded */
	long err;	 /* of the last way that did not */
};

static inline long hold_stat(const char *path, struct stat *st)
{
	return probe_sys(SYS_newfstatat, (long)AT_FDCWD, path, st, (long)AT_SYMLINK_NOFOLLOW);
}

/* True when the way was open: r >= 0, and the host would see it. */
static inline bool hold_open(struct hold *h, long r, const char *way)
{
	struct stat project, dir;

	if (r < 0) {
		h->err = -r;
		return false;
	}
	if (hold_stat(h->project, &project) < 0 || hold_stat(h->dir, &dir) < 0 ||
	    project.st_dev != dir.st_dev) {
		h->err = EXDEV;
		return false;
	}
	h->way = way;
	return true;
}

static inline long hold_make(const char *path, const struct hold *h)
{
	long fd = probe_sys(SYS_openat, (long)AT_FDCWD, path, (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC),
			    (long)(h->st.st_mode & 0777));

	if (fd < 0)
		return fd;
	probe_sys(SYS_write, fd, h->bytes, h->len);
	look_close((int)fd);
	return 0;
}

static inline long hold_unlink(const char *path)
{
	return probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
}

static inline long hold_write(const char *path)
{
	int fd = look_open(path, O_RDWR);
	long r = fd < 0 ? fd : look_rewrite(fd);

	look_close(fd);
	return r;
}

/* A name beside it: between two pinned directories a rename fails for that reason alone. */
static inline const char *hold_aside(struct hold *h)
{
	char dir[LOOK_PATH];

	memcpy(dir, h->path, sizeof(dir));
	*strrchr(dir, '/') = '\0';
	return look_fresh(h->aside, dir);
}

/* Another file in its place, by a rename and by an exchange. */
static inline bool hold_replace(struct hold *h)
{
	long r = hold_make(hold_aside(h), h);

	if (r < 0) {
		h->err = -r;
		return false;
	}
	r = look_rename(h->aside, h->path, RENAME_EXCHANGE);
	if (r == 0)
		look_rename(h->aside, h->path, RENAME_EXCHANGE);
	if (!hold_open(h, r, "renameat2 RENAME_EXCHANGE"))
		r = probe_sys(SYS_renameat2, (long)AT_FDCWD, h->aside, (long)AT_FDCWD, h->path, 0L);
	hold_unlink(h->aside);
	return h->way != NULL || hold_open(h, r, "renameat2 over it");
}

static inline bool hold_remove(struct hold *h)
{
	long r = hold_unlink(h->path);

	if (r == 0)
		hold_make(h->path, h);
	return hold_open(h, r, "unlinkat, openat O_CREAT");
}

/* By another name of the same file, or another way to it. */
static inline bool hold_alias(struct hold *h)
{
	char proc[LOOK_PATH];
	long r;

	hold_aside(h);
	r = probe_sys(SYS_linkat, (long)AT_FDCWD, h->path, (long)AT_FDCWD, h->aside, 0L);
	if (r == 0)
		r = hold_write(h->aside);
	hold_unlink(h->aside);
	if (hold_open(h, r, "linkat, pwrite64"))
		return true;
	hold_aside(h);
	r = probe_sys(SYS_symlinkat, h->path, (long)AT_FDCWD, h->aside);
	if (r == 0)
		r = hold_write(h->aside);
	hold_unlink(h->aside);
	if (hold_open(h, r, "symlinkat, pwrite64"))
		return true;
	snprintf(proc, sizeof(proc), "/proc/self/root%.3000s", h->path);
	return hold_open(h, hold_write(proc), "pwrite64 through /proc/self/root");
}

/* A file in every way; true when one was open. */
static inline bool hold_file(struct hold *h)
{
	if (hold_open(h, hold_write(h->path), "pwrite64") ||
	    hold_open(h, probe_sys(SYS_truncate, h->path, (long)h->st.st_size), "truncate to its size"))
		return true;
	h->len = probe_read_file(h->path, h->bytes, sizeof(h->bytes));
	if (h->len < 0) {
		h->err = -h->len;
		return false;
	}
	return hold_alias(h) || hold_replace(h) || hold_remove(h);
}

/* A new name in a directory: made, linked in without a name before, moved in. */
static inline bool hold_name(struct hold *h, const char *dir)
{
	char made[LOOK_PATH], proc[64];
	long r, fd;

	h->st.st_mode = S_IFREG | 0600;
	h->len = 0;
	r = hold_make(look_fresh(made, dir), h);
	hold_unlink(made);
	if (hold_open(h, r, "openat O_CREAT"))
		return true;
	fd = probe_sys(SYS_openat, (long)AT_FDCWD, h->project, (long)(O_TMPFILE | O_WRONLY | O_CLOEXEC),
		       0600L);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%ld", fd);
	r = fd < 0 ? fd
		   : probe_sys(SYS_linkat, (long)AT_FDCWD, proc, (long)AT_FDCWD, look_fresh(made, dir),
			       (long)AT_SYMLINK_FOLLOW);
	look_close((int)fd);
	hold_unlink(made);
	if (hold_open(h, r, "openat O_TMPFILE, linkat"))
		return true;
	r = hold_make(look_fresh(h->aside, h->project), h);
	if (r == 0)
		r = probe_sys(SYS_renameat2, (long)AT_FDCWD, h->aside, (long)AT_FDCWD, look_fresh(made, dir),
			      0L);
	hold_unlink(h->aside);
	hold_unlink(made);
	return hold_open(h, r, "renameat2 into it");
}

/* Renamed away and back. */
static inline bool hold_rename(struct hold *h)
{
	long r = look_rename(h->path, hold_aside(h), RENAME_NOREPLACE);

	if (r == 0)
		look_rename(h->aside, h->path, RENAME_NOREPLACE);
	return hold_open(h, r, "renameat2 away");
}

/*
 * Each name below the project: a file in every way; "dir/" by the names that can be put into it, and by a rename of
 * it; "dir//" and a link by a rename alone. What is not there was not planted.
 */
static inline struct probe_result hold_all(const char *project, const char *const *names, size_t n)
{
	struct hold h = { .project = project };

	for (size_t i = 0; i < n; i++) {
		size_t len;
		long r;

		look_join(h.path, project, names[i]);
		len = strlen(h.path);
		while (len > 1 && h.path[len - 1] == '/')
			h.path[--len] = '\0';
		memcpy(h.dir, h.path, len + 1);
		r = hold_stat(h.path, &h.st);
		if (r < 0)
			return probe_unknown((int)-r, "newfstatat", "%.180s is not there", h.path);
		if (!S_ISDIR(h.st.st_mode))
			*strrchr(h.dir, '/') = '\0';
		if (S_ISREG(h.st.st_mode) ? hold_file(&h)
		    : S_ISLNK(h.st.st_mode) || strstr(names[i], "//") != NULL
			? hold_rename(&h)
			: hold_name(&h, h.path) || hold_rename(&h))
			return probe_allowed(h.way, "%.180s (undone)", h.path);
	}
	return probe_denied((int)h.err, "writes, renames, links", "%zu names, the last: %s", n,
			    probe_errno_name((int)h.err));
}

#define HOLD_ALL(project, ...) \
	hold_all(project, (const char *const[]){ __VA_ARGS__ }, \
		 sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

#endif
