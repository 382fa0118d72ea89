/* SPDX-License-Identifier: MIT */
/*
 * What git starts by a name that begins at the top of a worktree: one that is made later has a file of its own there. And what
 * it starts or reads of a place where nothing is.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

#define STARTS_MAX 1000

/* The innermost top that holds a directory, or NULL. */
static const char *top_of(const struct strv *tops, const char *dir)
{
	const char *top = NULL;

	for (size_t i = 0; i < tops->n; i++)
		if (path_is_under(dir, tops->v[i]) && (top == NULL || path_is_under(tops->v[i], top)))
			top = tops->v[i];
	return top;
}

static bool is_noted(struct scan *s, const struct policy_start *is)
{
	for (size_t i = 0; i < s->nstart; i++) {
		struct policy_start *was = &s->start[i];

		if (!streq(was->name, is->name) || !streq(was->top, is->top) || !streq(was->dir, is->dir))
			continue;
		was->dirs |= is->dirs;
		was->unasked |= is->unasked;
		was->absent |= is->absent;
		was->fixed &= is->fixed;
		return true;
	}
	return false;
}

static void put(struct scan_walk *w, struct policy_start is)
{
	if (is_noted(w->res, &is) || w->res->nstart > STARTS_MAX) {
		policy_start_done(&is);
		return;
	}
	if (w->res->nstart == STARTS_MAX)
		strv_addf(&w->res->weaker,
			  "git starts more than %d things by a name that begins in a worktree, or that are "
			  "not there: not all are looked at that a session makes",
			  STARTS_MAX);
	w->res->start = xrealloc_array(w->res->start, w->res->nstart + 1, sizeof(*w->res->start));
	w->res->start[w->res->nstart++] = is;
}

/* Where a path would be that is not there: the links above it are followed. Owned; NULL: it is there. */
static char *place_of(const struct scan_walk *w, const char *path)
{
	AUTO_FREE char *clean = path_clean("/", path);
	AUTO_FREE char *dir = path_dirname(clean);
	AUTO_FREE char *real = scan_real(w, clean);

	if (real != NULL)
		return NULL;
	while ((real = scan_real(w, dir)) == NULL && !streq(dir, "/")) {
		char *next = path_dirname(dir);

		free(dir);
		dir = next;
	}
	return path_clean(real != NULL ? real : "/", clean + strlen(dir) + !streq(dir, "/"));
}

/* The innermost, if it is writable; NULL. */
static const char *tree_of(const struct scan_walk *w, const char *path)
{
	const struct scan_tree *in = NULL;

	for (size_t i = 0; i < w->ntree; i++)
		if (path_is_under(path, w->tree[i].path) &&
		    (in == NULL || path_is_under(w->tree[i].path, in->path)))
			in = &w->tree[i];
	return in != NULL && in->writable && !streq(in->path, path) ? in->path : NULL;
}

/* It is one place, whichever worktree git works in. */
static void note_place(struct scan_walk *w, const char *path, bool dirs, const char *title)
{
	AUTO_FREE char *place = w->starts.unasked ? place_of(w, path) : NULL;
	const char *tree = place != NULL ? tree_of(w, place) : NULL;

	if (tree != NULL)
		put(w, (struct policy_start){
			   .dir = xstrdup(w->starts.dir != NULL ? w->starts.dir : ""),
			   .top = xstrdup(tree),
			   .name = xstrdup(place + strlen(tree) + 1),
			   .why = xstrdup(title),
			   .dirs = dirs,
			   .unasked = true,
			   .absent = true,
			   .fixed = true,
		       });
}

void scanstart_note(struct scan_walk *w, const char *base, const char *name, const char *place, bool dirs,
		    const char *title)
{
	bool begins = w->starts.tops != NULL && *name != '/' && *name != '~';
	const char *top = begins ? top_of(w->starts.tops, base) : NULL;
	AUTO_FREE char *from_top = NULL;
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *real = NULL;

	if (top == NULL) {
		note_place(w, place, dirs, title);
		return;
	}
	from_top = streq(base, top) ? xstrdup(name) : xasprintf("%s/%s", base + strlen(top) + 1, name);
	path = path_clean(top, from_top);
	if (streq(path, top))
		return;
	real = scan_real(w, path);
	put(w, (struct policy_start){
		   .dir = xstrdup(w->starts.dir),
		   .top = xstrdup(top),
		   .name = path_is_under(path, top) ? xstrdup(path + strlen(top) + 1) : TAKE_PTR(from_top),
		   .why = xstrdup(title),
		   .dirs = dirs,
		   .unasked = w->starts.unasked,
		   .absent = real == NULL,
	       });
}

void scanstart_done(struct scan *s)
{
	for (size_t i = 0; i < s->nstart; i++)
		policy_start_done(&s->start[i]);
	free(s->start);
	s->start = NULL;
	s->nstart = 0;
}
