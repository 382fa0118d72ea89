/* SPDX-License-Identifier: MIT */
/*
 * Other ways to what is protected: the links on the way to it, each of which could be put somewhere else, and other
 * names of the same file (hard links), through which it could be written.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

enum {
	HOPS_MAX = 40, /* as the kernel's own */
	NAMED_MAX = 8,
	DEPTH_MAX = 512,
	SEARCH_MS = 15,
	WALL_FACTOR = 10,
	CHECK_EVERY = 256,
	NAMES_MAX = 256, /* mounts */
};

/* --- links */

/* What a link says, owned; NULL: it is none. */
static char *text_of(const struct scan_walk *w, const char *path)
{
	char text[4096];
	ssize_t n = readlinkat(w->rootfd, path + 1, text, sizeof(text) - 1);

	return n > 0 ? xstrndup(text, (size_t)n) : NULL;
}

char *scanlink_way(struct scan_walk *w, const char *path, const char *title)
{
	AUTO_FREE char *done = xstrdup("");
	AUTO_FREE char *rest = xstrdup(path);

	for (int hops = 0;;) {
		size_t skip = strspn(rest, "/"), n = strcspn(rest + skip, "/");
		AUTO_FREE char *name = xstrndup(rest + skip, n);
		AUTO_FREE char *left = xstrdup(rest + skip + n);
		AUTO_FREE char *here = NULL;
		AUTO_FREE char *text = NULL;

		if (n == 0)
			return *done != '\0' ? TAKE_PTR(done) : xstrdup("/");
		free(rest);
		rest = NULL;
		here = streq(name, "..")  ? path_dirname(*done != '\0' ? done : "/")
		       : streq(name, ".") ? xstrdup(done)
					  : xasprintf("%s/%s", done, name);
		if (streq(here, "/"))
			*here = '\0';
		text = *here != '\0' ? text_of(w, here) : NULL;
		if (text == NULL) {
			struct stat st;

			if (*here != '\0' && fstatat(w->rootfd, here + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
				return NULL;
			free(done);
			done = TAKE_PTR(here);
			rest = TAKE_PTR(left);
			continue;
		}
		if (scan_bound(w->policy, here) != NULL)
			autorun_put(&w->res->autorun, AUTORUN_PIN, xstrdup(here), false,
				    xasprintf("autorun.def: %s", title));
		if (++hops > HOPS_MAX)
			return NULL;
		if (*text == '/')
			*done = '\0';
		rest = xasprintf("%s%s", text, left);
	}
}

/* --- names */

void scanlink_note(struct scan_walk *w, const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_nlink < 2 || w->again)
		return;
	if (w->nhard == w->hard_cap) {
		w->hard_cap = w->hard_cap * 2 + 16;
		w->hard = xrealloc_array(w->hard, w->hard_cap, sizeof(*w->hard));
	}
	w->hard[w->nhard++] =
	    (struct scan_hard){ .path = xstrdup(path), .dev = st->st_dev, .ino = st->st_ino };
}

struct search {
	struct scan_walk *w;
	struct timespec cpu_end, wall_end;
	size_t entries, names;
	bool limited, over;
};

/* As the walk: of processor time, so that a busy machine doesn't shorten it. */
static bool is_over(struct search *s)
{
	if (s->limited && !s->over && ++s->entries % CHECK_EVERY == 0)
		s->over = deadline_over(CLOCK_PROCESS_CPUTIME_ID, &s->cpu_end) ||
			  deadline_over(CLOCK_MONOTONIC, &s->wall_end);
	return s->over;
}

static int by_inode(const void *pa, const void *pb)
{
	const struct scan_hard *a = pa, *b = pb;

	return a->ino != b->ino ? (a->ino < b->ino ? -1 : 1) : (a->dev > b->dev) - (a->dev < b->dev);
}

static int by_number(const void *pa, const void *pb)
{
	const struct scan_hard *a = pa, *b = pb;

	return (a->ino > b->ino) - (a->ino < b->ino);
}

/* The name of an inode that is looked for, in an open directory. */
static void look_at(struct search *s, int dir, const char *path, const struct dirent *e)
{
	struct scan_walk *w = s->w;
	struct scan_hard key = { .ino = e->d_ino };
	const struct scan_hard *h;
	AUTO_FREE char *name = NULL;
	struct stat st;

	/* By its number alone first: most names are no others of anything. */
	if (bsearch(&key, w->hard, w->nhard, sizeof(*w->hard), by_number) == NULL ||
	    fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	key.dev = st.st_dev;
	h = bsearch(&key, w->hard, w->nhard, sizeof(*w->hard), by_inode);
	name = path_join(path, e->d_name);
	if (h == NULL || streq(h->path, name))
		return;
	s->over = s->over || ++s->names > NAMES_MAX;
	autorun_put(&w->res->autorun, AUTORUN_PROTECT, TAKE_PTR(name), false,
		    xasprintf("another name of %s, which the host acts on", h->path));
}

static void look_through(struct search *s, int above, const char *below, const char *path, int depth)
{
	int fd = oldkernel_open_beneath(above, below, O_RDONLY | O_DIRECTORY | O_NONBLOCK, false);
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e;

	/* The walk has closed what it could not search. */
	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL && !is_over(s)) {
		AUTO_FREE char *name = NULL;

		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (e->d_type == DT_REG || e->d_type == DT_UNKNOWN)
			look_at(s, fd, path, e);
		if (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN)
			continue;
		name = path_join(path, e->d_name);
		if (strv_has(&s->w->kernels, name))
			continue;
		if (depth >= DEPTH_MAX)
			s->over = true;
		else
			look_through(s, fd, e->d_name, name, depth + 1);
	}
}

static void say(struct scan_walk *w)
{
	for (size_t i = 0; i < w->nhard && i < NAMED_MAX; i++)
		strv_addf(
		    &w->res->weaker,
		    "%s has other names (hard links), and not all of the project was searched for them: "
		    "what is written through one changes it; try: cp it to a file of its own",
		    w->hard[i].path);
	if (w->nhard > NAMED_MAX)
		strv_addf(&w->res->weaker, "%zu more protected files have other names (hard links)",
			  w->nhard - NAMED_MAX);
}

void scanlink_search(struct scan_walk *w, bool whole)
{
	struct search s = { .w = w, .limited = w->limited };

	if (w->nhard == 0)
		return;
	s.cpu_end = deadline_in(CLOCK_PROCESS_CPUTIME_ID, SEARCH_MS);
	s.wall_end = deadline_in(CLOCK_MONOTONIC, SEARCH_MS * WALL_FACTOR);
	qsort(w->hard, w->nhard, sizeof(*w->hard), by_inode);
	for (size_t i = 0; i < w->ntree && whole; i++)
		if (w->tree[i].writable && w->tree[i].fd >= 0)
			look_through(&s, w->tree[i].fd, ".", w->tree[i].path, 0);
	if (!whole || s.over)
		say(w);
}

void scanlink_done(struct scan_walk *w)
{
	for (size_t i = 0; i < w->nhard; i++)
		free(w->hard[i].path);
	free(w->hard);
	w->hard = NULL;
	w->nhard = 0;
}
