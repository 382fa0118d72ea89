/* SPDX-License-Identifier: MIT */
/* The entries of a policy: adding one, and what the parts of it ask of those that are there. */
#include "policy.h"

#include <fnmatch.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "util.h"

void policy_add(struct policy *p, enum policy_access access, enum policy_part part, const char *path,
		char *src, bool is_dir, char *why)
{
	struct policy_entry *e;

	p->entry = xrealloc_array(p->entry, p->nentry + 1, sizeof(*p->entry));
	e = &p->entry[p->nentry++];
	*e = (struct policy_entry){ .access = access,
				    .part = part,
				    .path = xstrdup(path),
				    .src = src,
				    .is_dir = is_dir,
				    .why = why };
}

bool policy_has(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (streq(p->entry[i].path, path))
			return true;
	return false;
}

bool policy_is_tree(const struct policy_entry *e)
{
	return e->part >= POLICY_PROJECT && e->access == POLICY_WRITE && e->is_dir;
}

const struct policy_entry *policy_tree(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if ((e->access == POLICY_READ || e->access == POLICY_WRITE) && path_is_under(path, e->path))
			return e;
	}
	return NULL;
}

bool policy_is_source(const struct policy_entry *e)
{
	return e->access == POLICY_WRITE && e->src != NULL && e->src[0] == '/';
}

const struct policy_entry *policy_written(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (e->access == POLICY_WRITE &&
		    (path_is_under(path, e->path) || (policy_is_source(e) && path_is_under(path, e->src))))
			return e;
	}
	return NULL;
}

bool policy_writes(const struct policy *p, const char *inside)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].access == POLICY_WRITE && path_is_under(inside, p->entry[i].path))
			return true;
	return false;
}

bool policy_shows(const struct policy *p, const char *path)
{
	bool seen = false;

	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (!path_is_under(path, e->path))
			continue;
		if (e->access == POLICY_HIDDEN || e->access == POLICY_EMPTY)
			return false;
		seen = seen || e->access == POLICY_READ;
	}
	return seen;
}

const char *policy_mask(const struct policy *p, const char *below)
{
	for (size_t i = 0; i < p->mask.n; i++) {
		const char *glob = p->mask.v[i];
		bool whole = strchr(glob, '/') != NULL;

		if (*glob == '/')
			glob++;
		if (fnmatch(glob, whole ? below : path_basename(below), whole ? FNM_PATHNAME : 0) == 0)
			return p->mask.v[i];
	}
	return NULL;
}

void policy_add_stage(struct policy *p, const char *src, const char *dst, const char *why)
{
	p->stage = xrealloc_array(p->stage, p->nstage + 1, sizeof(*p->stage));
	p->stage[p->nstage++] =
	    (struct policy_stage){ .src = xstrdup(src), .dst = xstrdup(dst), .why = xstrdup(why) };
}

char *policy_state(const struct host *h)
{
	const char *xdg = env_get(h->env, "XDG_STATE_HOME");
	AUTO_FREE char *base =
	    xdg != NULL && *xdg == '/' ? path_clean("/", xdg) : path_join(h->home, ".local/state");

	return path_join(base, "claude-sandbox");
}
