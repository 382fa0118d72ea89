/* SPDX-License-Identifier: MIT */
#include "unfinished.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "state.h"
#include "trust.h"
#include "util.h"

#define FOLDER "unfinished"

/* The project's name, when the session began, and who it was: "NAME-DIGEST.SECONDS.NANOSECONDS.PID". */
static char *mark_name(const char *project, struct timespec since)
{
	AUTO_FREE char *name = path_unique(project);

	return xasprintf("%s.%lld.%09ld.%ld", name, (long long)since.tv_sec, since.tv_nsec, (long)getpid());
}

static bool mark_read(const char *name, const char *project, struct timespec *ret)
{
	AUTO_FREE char *unique = path_unique(project);
	long long sec;
	long nsec, pid;
	int n = 0;

	if (!str_starts(name, unique) || name[strlen(unique)] != '.' ||
	    sscanf(name + strlen(unique) + 1, "%19lld.%9ld.%19ld%n", &sec, &nsec, &pid, &n) != 3 ||
	    name[strlen(unique) + 1 + (size_t)n] != '\0' || sec < 0 || nsec < 0)
		return false;
	*ret = (struct timespec){ .tv_sec = sec, .tv_nsec = nsec };
	return true;
}

static int no_folder(struct diag *d)
{
	diag_set(d, -ENOENT, "no state folder: neither XDG_STATE_HOME nor HOME is an absolute path");
	return d->code;
}

int unfinished_begin(const struct policy *p, char *const *env, struct timespec since, struct unfinished *ret,
		     struct diag *d)
{
	AUTO_FREE char *folder = state_dir(env);
	AUTO_FREE char *path = folder != NULL ? path_join(folder, FOLDER) : NULL;
	AUTO_FREE char *fresh = xasprintf("new.%ld.%09ld", (long)getpid(), since.tv_nsec);
	int e;

	*ret = (struct unfinished){ .dir = -1, .fd = -1 };
	if (folder == NULL)
		return no_folder(d);
	/* A box that could take the mark away would be believed. */
	e = trust_file(p, path, d);
	if (e < 0)
		return e;
	ret->dir = state_open_below(folder, FOLDER, p->kernel_uid, d);
	if (ret->dir < 0)
		return ret->dir;
	ret->name = mark_name(p->project, since);
	/* It is locked before it has a name that others look for. */
	ret->fd = openat(ret->dir, fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (ret->fd >= 0 && flock(ret->fd, LOCK_EX | LOCK_NB) == 0 &&
	    renameat(ret->dir, fresh, ret->dir, ret->name) == 0)
		return ret->fd;
	diag_errno(d, -errno, "%s/%s", path, ret->name);
	if (ret->fd >= 0)
		unlinkat(ret->dir, fresh, 0);
	mem_close_fd(&ret->fd);
	unfinished_end(ret);
	return d->code;
}

int unfinished_end(struct unfinished *u)
{
	int e = u->fd >= 0 && unlinkat(u->dir, u->name, 0) < 0 ? -errno : 0;

	mem_close_fd(&u->fd);
	mem_close_fd(&u->dir);
	mem_free_ptr(&u->name);
	return e;
}

bool unfinished_find(const struct policy *p, char *const *env, struct unfinished *ret, struct timespec *since)
{
	AUTO_FREE char *folder = state_dir(env);
	AUTO_FREE char *path = folder != NULL ? path_join(folder, FOLDER) : NULL;
	struct diag d = { 0 };
	AUTO_DIR DIR *dir = NULL;
	const struct dirent *e;
	int copy;

	*ret = (struct unfinished){ .dir = -1, .fd = -1 };
	if (path == NULL || access(path, F_OK) < 0)
		return false;
	ret->dir = state_open_below(folder, FOLDER, p->kernel_uid, &d);
	copy = ret->dir >= 0 ? fcntl(ret->dir, F_DUPFD_CLOEXEC, 0) : -1;
	dir = copy >= 0 ? fdopendir(copy) : NULL;
	if (dir == NULL)
		mem_close_fd(&copy);
	while (dir != NULL && ret->fd < 0 && (e = readdir(dir)) != NULL) {
		if (!mark_read(e->d_name, p->project, since))
			continue;
		ret->fd =
		    openat(ret->dir, e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		/* Held: that session runs. */
		if (ret->fd >= 0 && flock(ret->fd, LOCK_EX | LOCK_NB) < 0)
			mem_close_fd(&ret->fd);
		if (ret->fd >= 0)
			ret->name = xstrdup(e->d_name);
	}
	if (ret->fd < 0)
		unfinished_end(ret);
	return ret->fd >= 0;
}
