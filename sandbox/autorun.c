/* SPDX-License-Identifier: MIT */
#include "autorun.h"

#include <stdlib.h>
#include <string.h>

#include "dotclaude.h"
#include "mem.h"
#include "path.h"
#include "strv.h"
#include "util.h"

const struct autorun_row autorun_rows[] = {
#define AUTORUN(place, pattern, kind, at_start, later, title) \
	{ \
		AUTORUN_##place, pattern,	AUTORUN_##kind, AUTORUN_##at_start, \
		AUTORUN_##later, AUTORUN_THERE, title \
	},
#define AUTORUN_OF_GIT(pattern, kind, at_start, judged, title) \
	{ AUTORUN_GIT,	      pattern,		AUTORUN_##kind, AUTORUN_##at_start, \
	  AUTORUN_QUARANTINE, AUTORUN_##judged, title },
#include "data/autorun.def"
};
const size_t autorun_nrows = ARRAY_SIZE(autorun_rows);

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && streq(s + n - m, end);
}

static bool is_name(const char *pattern, const char *name)
{
	const char *last = path_basename(pattern);

	return *last == '*' ? ends_with(name, last + 1) : streq(name, last);
}

/*
 * The last names of the rows, chained by their first byte, or where that is open by the last one: it is asked of every
 * name of a project. 0 ends a chain; a row counts from 1.
 */
static unsigned short first_of[256], last_of[256], next_of[ARRAY_SIZE(autorun_rows) + 1];
static bool known;

static void know(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(autorun_rows); i++) {
		const char *name = path_basename(autorun_rows[i].pattern);
		unsigned short *head = *name == '*' ? &last_of[(unsigned char)name[strlen(name) - 1]]
						    : &first_of[(unsigned char)*name];

		if (autorun_rows[i].place == AUTORUN_GIT)
			continue;
		next_of[i + 1] = *head;
		*head = (unsigned short)(i + 1);
	}
	known = true;
}

static bool is_in(const unsigned short *row, const char *name)
{
	for (size_t i = *row; i != 0; i = next_of[i])
		if (is_name(autorun_rows[i - 1].pattern, name))
			return true;
	return false;
}

bool autorun_may_be(const char *name)
{
	size_t n = strlen(name);

	if (!known)
		know();
	return n > 0 && (is_in(&first_of[(unsigned char)*name], name) ||
			 is_in(&last_of[(unsigned char)name[n - 1]], name));
}

const struct autorun_row *autorun_find(const char *dir, const char *name, bool root)
{
	for (size_t i = 0; i < ARRAY_SIZE(autorun_rows); i++) {
		const struct autorun_row *r = &autorun_rows[i];
		const char *slash = strrchr(r->pattern, '/');

		if (r->place == AUTORUN_GIT || (r->place == AUTORUN_ROOT && !root) ||
		    !is_name(r->pattern, name))
			continue;
		if (slash != NULL) {
			AUTO_FREE char *above = xasprintf("/%.*s", (int)(slash - r->pattern), r->pattern);

			if (!ends_with(dir, above))
				continue;
		}
		return r;
	}
	return NULL;
}

void autorun_put(struct autorun_found *f, enum autorun_what what, char *path, bool is_dir, char *why)
{
	if (f->n == f->cap) {
		f->cap = f->cap * 2 + 16;
		f->thing = xrealloc_array(f->thing, f->cap, sizeof(*f->thing));
	}
	f->thing[f->n++] = (struct autorun_thing){ .path = path, .why = why, .what = what, .is_dir = is_dir };
}

void autorun_found_done(struct autorun_found *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->thing[i].path);
		free(f->thing[i].why);
	}
	free(f->thing);
	*f = (struct autorun_found){ 0 };
}

bool autorun_is_held(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->allow_autorun.n; i++)
		if (path_is_under(path, p->allow_autorun.v[i]))
			return false;
	return true;
}

/* Parents before children. What protects before what pins. */
static int by_path(const void *pa, const void *pb)
{
	const struct autorun_thing *a = pa, *b = pb;
	int r = path_compare(a->path, b->path);

	return r != 0 ? r : (int)a->what - (int)b->what;
}

/* The tree that path lies in, if that is writable; the innermost bind decides. */
static const struct policy_entry *tree_of(const struct policy *p, const char *path)
{
	const struct policy_entry *in = NULL;

	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (e->part >= POLICY_PROJECT && path_is_under(path, e->path) && !streq(path, e->path) &&
		    (in == NULL || path_is_under(e->path, in->path)))
			in = e;
	}
	return in != NULL && in->access == POLICY_WRITE ? in : NULL;
}

/* The writable tree that no other holds: what lies between can be renamed. */
static const struct policy_entry *outermost(const struct policy *p, const struct policy_entry *in)
{
	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (e->part >= POLICY_PROJECT && e->access == POLICY_WRITE &&
		    path_is_under(in->path, e->path))
			in = e;
	}
	return in;
}

/* By itself: a bind that was asked for, or a git config, of which there is a copy. */
static bool is_bound(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->git.n; i++)
		if (streq(p->git.config[i].path, path))
			return true;
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part >= POLICY_AUTORUN && streq(p->entry[i].path, path))
			return true;
	return false;
}

/*
 * The directories above path, outermost first. `last`, the path before in the order of paths, has had its own: what
 * both have above them is there already.
 */
static void pin_above(struct policy *p, const char *tree, const char *path, const char *last)
{
	for (const char *s = strchr(path + strlen(tree) + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		AUTO_FREE char *dir = xstrndup(path, (size_t)(s - path));

		if (last != NULL && path_is_under(last, dir) && !streq(last, dir))
			continue;
		if (!is_bound(p, dir) && !strv_has(&p->pin, dir))
			strv_add(&p->pin, dir);
	}
}

void autorun_add(struct policy *p, struct autorun_found *f)
{
	const struct autorun_thing *protected = NULL;
	const char *last = NULL;
	size_t first = p->nentry;

	if (f->n > 1)
		qsort(f->thing, f->n, sizeof(*f->thing), by_path);
	for (size_t i = 0; i < f->n; i++) {
		const struct autorun_thing *t = &f->thing[i];
		const struct policy_entry *tree = tree_of(p, t->path);
		bool open = t->what == AUTORUN_OPEN;
		bool inside = protected != NULL && path_is_under(t->path, protected->path);

		/* Bound by itself, or in what is read-only anyway: that was asked for. */
		if (tree == NULL || is_bound(p, t->path) || (!open && !autorun_is_held(p, t->path)))
			continue;
		/* One in a protected directory is a part of it, unless it is to be open. */
		if (open != inside || (p->nentry > first && streq(p->entry[p->nentry - 1].path, t->path)))
			continue;
		if (!inside)
			pin_above(p, outermost(p, tree)->path, t->path, last);
		last = inside ? last : t->path;
		if (t->what == AUTORUN_PIN) {
			if (!strv_has(&p->pin, t->path))
				strv_add(&p->pin, t->path);
			continue;
		}
		if (p->dotclaude.path != NULL && !open && t->is_dir && streq(t->path, p->dotclaude.path))
			dotclaude_mount(p, t->why);
		else
			policy_add(p, open ? POLICY_WRITE : POLICY_READ, POLICY_AUTORUN, t->path,
				   xstrdup(t->path), t->is_dir, xstrdup(t->why));
		protected = open ? protected : t;
	}
}
