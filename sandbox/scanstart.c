/* SPDX-License-Identifier: MIT */
/* What git starts by a name that begins at the top of a worktree: one that is made later has a file of its own there. */
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
		return true;
	}
	return false;
}

void scanstart_note(struct scan_walk *w, const char *base, const char *name, bool dirs, const char *title)
{
	bool begins = w->starts.tops != NULL && *name != '/' && *name != '~';
	const char *top = begins ? top_of(w->starts.tops, base) : NULL;
	AUTO_FREE char *from_top = NULL;
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *real = NULL;
	struct policy_start is;

	if (top == NULL)
		return;
	from_top = streq(base, top) ? xstrdup(name) : xasprintf("%s/%s", base + strlen(top) + 1, name);
	path = path_clean(top, from_top);
	if (streq(path, top))
		return;
	real = scan_real(w, path);
	is = (struct policy_start){
		.dir = xstrdup(w->starts.dir),
		.top = xstrdup(top),
		.name = path_is_under(path, top) ? xstrdup(path + strlen(top) + 1) : TAKE_PTR(from_top),
		.why = xstrdup(title),
		.dirs = dirs,
		.unasked = w->starts.unasked,
		.absent = real == NULL,
	};
	if (is_noted(w->res, &is) || w->res->nstart > STARTS_MAX) {
		policy_start_done(&is);
		return;
	}
	if (w->res->nstart == STARTS_MAX)
		strv_addf(&w->res->weaker,
			  "git starts more than %d things by a name that begins in a worktree: not all are "
			  "looked at in one that is new",
			  STARTS_MAX);
	w->res->start = xrealloc_array(w->res->start, w->res->nstart + 1, sizeof(*w->res->start));
	w->res->start[w->res->nstart++] = is;
}

void scanstart_done(struct scan *s)
{
	for (size_t i = 0; i < s->nstart; i++)
		policy_start_done(&s->start[i]);
	free(s->start);
	s->start = NULL;
	s->nstart = 0;
}
