/* SPDX-License-Identifier: MIT */
/*
 * The walk once more, at the end of a session whose first one was cut short: while the rest was searched, a box can
 * change what has no mount yet, carry a directory past the search, or be gone before it. The time of change of an
 * inode can't be set, and what nobody changed is as the host left it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

enum {
	DEPTH_MAX = 32,	   /* below what is held as a whole; deeper ones are named */
	CHECK_EVERY = 256, /* entries between two looks at the clock */
	NAMED_MAX = 10000,
};

struct looking {
	struct timespec since, deadline;
	const struct strv *held;
	struct strv *ret;
	size_t entries;
	bool over;
};

static bool is_over(struct looking *l)
{
	struct timespec now;

	if (!l->over && ++l->entries % CHECK_EVERY == 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		l->over = time_is_since(now, l->deadline);
	}
	return l->over || l->ret->n >= NAMED_MAX;
}

/* All that is in a directory. */
static void look_into(struct looking *l, int above, const char *name, const char *path, int depth)
{
	int fd = oldkernel_open_beneath(above, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK, false);
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e = NULL;
	struct stat st;
	/* Those of git, which it gives to each new repository. */
	bool samples = depth == 0 && streq(path_basename(path), "hooks");

	if (dir == NULL || depth >= DEPTH_MAX) {
		strv_addf(l->ret, "%s (can't be searched)", path);
		return;
	}
	errno = 0;
	while (!is_over(l) && (errno = 0, e = readdir(dir)) != NULL) {
		AUTO_FREE char *below = NULL;

		if (streq(e->d_name, ".") || streq(e->d_name, "..") ||
		    (samples && !scantext_is_hook(e->d_name)) ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		below = path_join(path, e->d_name);
		if (S_ISDIR(st.st_mode))
			look_into(l, fd, e->d_name, below, depth + 1);
		else if (time_is_since(st.st_ctim, l->since))
			strv_add(l->ret, below);
	}
	if (e == NULL && errno != 0 && errno != ENOENT)
		strv_addf(l->ret, "%s (can't be searched)", path);
}

/* What is in it rather than itself: a directory changes with each name in it. */
static void look_at(struct looking *l, int rootfd, const char *path)
{
	size_t n = l->ret->n;
	struct stat st;

	if (fstatat(rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		look_into(l, rootfd, path + 1, path, 0);
	if (l->ret->n == n && time_is_since(st.st_ctim, l->since))
		strv_add(l->ret, path);
}

/* Since before the box ran, and to its end. */
static bool was_held(const struct scan_walk *w, const char *path)
{
	const struct policy *p = w->policy;

	if (w->of_other)
		return false;
	for (size_t i = 0; i < p->git.n; i++)
		if (streq(p->git.config[i].path, path))
			return true;
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part == POLICY_AUTORUN && p->entry[i].access != POLICY_WRITE &&
		    path_is_under(path, p->entry[i].path))
			return true;
	return strv_has(&p->pin, path);
}

/* The outermost writable one: what is between it and path can be renamed. */
static const char *tree_of(const struct scan_walk *w, const char *path)
{
	const char *tree = NULL;

	for (size_t i = 0; i < w->ntree; i++)
		if (w->tree[i].writable && path_is_under(path, w->tree[i].path) &&
		    (tree == NULL || strlen(w->tree[i].path) < strlen(tree)))
			tree = w->tree[i].path;
	return tree;
}

/*
 * A rename changes the directory that gets the name, and what is renamed: an older time of either says that it did not
 * happen, and the number of the inode, where it was known, that it is what it was all the same.
 */
char *scan_moved(const struct scan *s, const char *path, struct timespec since)
{
	const struct scan_walk *w = s->walk;
	const char *tree = w != NULL ? tree_of(w, path) : NULL;
	bool above;
	struct stat st;

	if (tree == NULL || streq(tree, path))
		return NULL;
	above =
	    fstatat(w->rootfd, tree + 1, &st, AT_SYMLINK_NOFOLLOW) < 0 || time_is_since(st.st_ctim, since);
	for (const char *end = strchr(path + strlen(tree) + 1, '/'); end != NULL;
	     end = strchr(end + 1, '/')) {
		AUTO_FREE char *dir = xstrndup(path, (size_t)(end - path));
		const struct scan_known *k = scan_known(w, dir);
		bool there = fstatat(w->rootfd, dir + 1, &st, AT_SYMLINK_NOFOLLOW) == 0;
		bool changed = !there || time_is_since(st.st_ctim, since);

		if (above && changed && !(there && k != NULL && k->ino != 0 && k->ino == st.st_ino))
			return TAKE_PTR(dir);
		above = changed;
	}
	return NULL;
}

/* Made since the session began: nothing of the host's was in it. */
static bool is_new(int fd, struct timespec since)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) == 0 && (st.stx_mask & STATX_BTIME) != 0 &&
	       time_is_since(
		   (struct timespec){ .tv_sec = st.stx_btime.tv_sec, .tv_nsec = st.stx_btime.tv_nsec },
		   since);
}

/*
 * Not of a repository's own directory, which every command of git changes: what it loses runs nothing. Nor the top of a
 * tree, of which all names are known from the start.
 */
void scanagain_opened(struct scan_walk *w, const struct stat *st)
{
	const struct timespec *since = w->res->since;
	const struct scan_known *k;

	if (since == NULL || !w->writable || w->res->touched.n >= NAMED_MAX ||
	    (w->at.flags & (SCAN_ROOT | SCAN_DEPENDENCIES | SCAN_PROTECTED | SCAN_REPOSITORY)) != 0 ||
	    (st != NULL && (!time_is_since(st->st_ctim, *since) || is_new(w->dirfd, *since))))
		return;
	k = scan_known(w, w->at.path);
	if (k == NULL || !k->read)
		strv_add(&w->res->touched, w->at.path);
}

static int by_path(const void *pa, const void *pb)
{
	return path_compare(((const struct autorun_thing *)pa)->path,
			    ((const struct autorun_thing *)pb)->path);
}

/*
 * A directory that was closed to us. Its own time does not tell what was written to a file in it, which a session could
 * open by its name before the search closed it: all but where it was closed from the start, or nobody could go through.
 */
static void look_at_closed(struct looking *l, const struct scan_walk *w, const char *path)
{
	AUTO_FREE char *moved = NULL;
	struct stat st;

	if (fstatat(w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (time_is_since(st.st_ctim, l->since)) {
		strv_addf(l->ret, "%s (can't be searched)", path);
		return;
	}
	if (!scan_is_written(w, path) || (st.st_uid == geteuid() && (st.st_mode & S_IXUSR) == 0))
		return;
	moved = scan_moved(w->res, path, l->since);
	if (moved != NULL || !(was_held(w, path) || strv_has_sorted(l->held, path)))
		strv_add(&w->res->unsearched, path);
}

static void look_at_all(struct looking *l, const struct scan_walk *w)
{
	struct autorun_found *f = &w->res->autorun;
	const struct autorun_thing *last = NULL;

	if (f->n > 1)
		qsort(f->thing, f->n, sizeof(*f->thing), by_path);
	for (size_t i = 0; i < f->n && !is_over(l); i++) {
		const struct autorun_thing *t = &f->thing[i];
		AUTO_FREE char *moved = NULL;
		size_t n;

		/* A directory that is a repository changes all the time. */
		if (t->what == AUTORUN_OPEN || (t->what == AUTORUN_PIN && t->is_dir) ||
		    (last != NULL && path_is_under(t->path, last->path)) || was_held(w, t->path) ||
		    !autorun_is_held(w->policy, t->path))
			continue;
		n = l->ret->n;
		look_at(l, w->rootfd, t->path);
		moved = l->ret->n == n && !strv_has_sorted(l->held, t->path)
			    ? scan_moved(w->res, t->path, l->since)
			    : NULL;
		if (moved != NULL)
			strv_addf(l->ret, "%s (%s may have been moved)", t->path, moved);
		last = t;
	}
	/* The host's own mounts are never walked. */
	for (size_t i = 0; i < w->res->found.n && !is_over(l); i++) {
		const struct compose_mask *m = &w->res->found.mask[i];

		if (m->is_dir && m->closed && !strv_has(&w->kernels, m->path))
			look_at_closed(l, w, m->path);
	}
}

int scan_changed(struct scan *s, struct timespec since, const struct strv *held, struct timespec deadline,
		 struct strv *ret, struct diag *d)
{
	struct scan_walk *w = s->walk;
	struct looking l = { .since = since, .held = held, .deadline = deadline, .ret = ret };
	int r;

	scan_forget(s);
	if (w == NULL)
		return 0;
	scan_know(w);
	s->since = &since;
	w->d = d;
	w->limited = w->again = true;
	w->over = w->only_files = false;
	w->wall_end = deadline;
	scan_from_the_top(w);
	r = scan_go_on(w, 0);
	scanauto_tidy(w);
	look_at_all(&l, w);
	s->since = NULL;
	return r < 0 ? r : r > 0 || l.over || ret->n >= NAMED_MAX;
}

int scan_changed_before(const struct policy *policy, int rootfd, const char *mounts, struct timespec since,
			const struct strv *held, struct timespec deadline, struct scan *ret,
			struct strv *changed, struct diag *d)
{
	int r = scan_begin(policy, rootfd, mounts, ret, d);

	if (r < 0)
		return r;
	ret->walk->of_other = true;
	return scan_changed(ret, since, held, deadline, changed, d);
}
