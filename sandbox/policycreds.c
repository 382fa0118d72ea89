/* SPDX-License-Identifier: MIT */
/* Credentials of the home, and of others. */
#include "policyparts.h"

#include "guard.h"
#include "mem.h"
#include "path.h"
#include "strv.h"
#include "util.h"

static const struct {
	const char *id, *path;
} creds[] = {
#define CRED(id, path, kind, title) { #id, path },
#include "data/creds.def"
#undef CRED
};

/* Appends a row; takes path. What opens it is said. */
static struct policy_cred *add_cred(struct policy *p, const char *id, char *path)
{
	struct policy_cred *c;

	p->cred = xrealloc_array(p->cred, p->ncred + 1, sizeof(*p->cred));
	c = &p->cred[p->ncred++];
	*c = (struct policy_cred){ .id = id, .path = path };
	for (size_t k = 0; k < p->nentry; k++) {
		const struct policy_entry *e = &p->entry[k];

		if (e->part != POLICY_EXTRA || !guard_touches(e->path, c->path))
			continue;
		if (c->opened_by == NULL)
			c->opened_by = xstrdup(e->why);
		strv_addf(&p->openings, "credentials %s (%s): %s, asked for by %s", c->id, e->path,
			  e->access == POLICY_WRITE ? "writable" : "readable", e->why);
	}
	return c;
}

void policy_add_creds(const struct host *h, struct policy *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(creds); i++) {
		AUTO_FREE char *path = path_join(p->home, creds[i].path);
		const struct host_node *n = host_find(h, path);
		const struct policy_cred *c;

		if (n == NULL || n->type == HOST_ABSENT)
			continue;
		/* Where it really is: that must not be visible, whatever links to it. */
		c = add_cred(p, creds[i].id, xstrdup(n->real != NULL ? n->real : path));
		/* A link into a visible tree, as Nix home managers make; or in a toolchain that is shown. */
		if (c->opened_by == NULL && n->real != NULL && policy_tree(p, n->real) != NULL &&
		    !policy_has(p, n->real))
			policy_hide(p, n, false,
				    streq(n->real, path) ? xasprintf("creds.def: %s", creds[i].id)
							 : xasprintf("creds.def: where %s leads", path));
	}
}

static bool is_touched(const struct policy *p, const char *cred)
{
	for (size_t k = 0; k < p->nentry; k++)
		if (p->entry[k].part == POLICY_EXTRA && guard_touches(p->entry[k].path, cred))
			return true;
	return false;
}

/* Rows of the other homes: nothing is known of them, but that a bind opens one must be said all the same. */
void policy_add_other_creds(const struct host *h, struct policy *p)
{
	AUTO_STRV struct strv homes = { 0 };

	guard_homes(h, &homes);
	for (size_t k = 0; k < homes.n; k++) {
		bool seen = streq(homes.v[k], p->home);

		for (size_t j = 0; j < k && !seen; j++)
			seen = streq(homes.v[j], homes.v[k]);
		for (size_t i = 0; i < ARRAY_SIZE(creds) && !seen && is_touched(p, homes.v[k]); i++) {
			AUTO_FREE char *cred = path_join(homes.v[k], creds[i].path);

			if (is_touched(p, cred))
				add_cred(p, creds[i].id, TAKE_PTR(cred));
		}
	}
}
