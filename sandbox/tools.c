/* SPDX-License-Identifier: MIT */
#include "tools.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "util.h"

enum {
	TOOL_MINIMAL = CONF_PROFILE_MINIMAL,
	TOOL_DEFAULT = CONF_PROFILE_DEFAULT,
	TOOL_FULL = CONF_PROFILE_FULL
};

static const struct {
	const char *name;
	int profile;
	const char *package, *programs;
} tools[] = {
#define TOOL(name, profile, package, programs) { name, TOOL_##profile, package, programs },
#include "data/tools.def"
#undef TOOL
};

static const char *const creds[] = {
#define CRED(id, path, kind, title) path,
#include "data/creds.def"
#undef CRED
};

/* Read-only and not hidden. */
static bool is_shown(const struct policy *p, const char *path)
{
	return policy_shows(p, path) && policy_written(p, path) == NULL;
}

/* Where a secret of creds.def really is, or would be. */
static const char *real_cred(const struct host *h, const char *cred)
{
	const struct host_node *n = host_find(h, cred);

	return n != NULL && n->real != NULL ? n->real : cred;
}

/*
 * Whether showing the directory would show a secret that no mask hides: those that lie in it at their own path are
 * masked, but it may be a link to anywhere.
 */
static bool is_secret(const struct host *h, const struct policy *p, const struct host_node *n)
{
	bool moved = !streq(n->real, n->path);

	for (size_t i = 0; i < ARRAY_SIZE(creds); i++) {
		AUTO_FREE char *cred = path_join(p->home, creds[i]);
		const char *real = real_cred(h, cred);

		if (path_is_under(n->real, cred) || path_is_under(n->real, real) ||
		    (moved && (path_is_under(cred, n->real) || path_is_under(real, n->real))))
			return true;
	}
	return path_is_under(p->home, n->real);
}

static void add_toolchain(const struct host *h, struct policy *p, const struct host_toolchain *t)
{
	const struct host_node *n = &t->node;
	const struct policy_entry *w = policy_written(p, n->real);

	if (policy_has(p, n->path) || is_shown(p, n->path) || policy_written(p, n->path) != NULL)
		return;
	if (w != NULL || is_secret(h, p, n) || (n->uid != 0 && n->uid != h->uid && n->uid != p->kernel_uid)) {
		strv_addf(&p->notes, "%s is left out of the profile: %s", n->path,
			  w != NULL	       ? "the sandbox can write to it"
			  : is_secret(h, p, n) ? "it leads to credentials"
					       : "it belongs to another user");
		return;
	}
	policy_add(p, POLICY_READ, POLICY_HOME, n->path, xstrdup(n->real), n->real_type == HOST_DIR,
		   xasprintf("tools.def: %s", t->title));
	for (size_t i = 0; i < t->secret.n; i++)
		if (path_is_under(t->secret.v[i], n->path))
			policy_add(p, POLICY_HIDDEN, POLICY_HOME, t->secret.v[i], NULL, false,
				   xasprintf("tools.def: may hold a token, %s", t->title));
	for (size_t i = 0; i < t->path.n; i++)
		strv_add(&p->path_after, t->path.v[i]);
	if (t->variable != NULL && !strv_has(&p->keep, t->variable))
		strv_add(&p->keep, t->variable);
}

void tools_add_home(const struct conf *conf, const struct host *h, struct policy *p)
{
	(void)conf;
	if (!streq(p->home, h->home))
		return;
	for (size_t i = 0; i < h->ntoolchain; i++)
		add_toolchain(h, p, &h->toolchain[i]);
}

static const struct {
	const char *dir, *title;
} caches[] = {
#define CACHE(dir, title) { dir, title },
#include "data/tools.def"
};

/* What else is shown at, in or around a directory of the home, but the home itself; NULL: nothing. */
static const char *in_the_way(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (path_is_under(e->path, path) ||
		    (path_is_under(path, e->path) && !path_is_under(p->home, e->path)))
			return e->path;
	}
	return NULL;
}

/* A secret in a cache stays hidden: what the box writes there is never to pass for it. */
static void add_cache(const struct conf *conf, struct policy *p, size_t row)
{
	AUTO_FREE char *path = path_join(p->home, caches[row].dir),
		       *src = path_join(p->cache, caches[row].dir);
	AUTO_STRV struct strv make = { 0 };
	const char *other = in_the_way(p, path);

	if (other != NULL) {
		strv_addf(&p->notes, "the cache %s is not kept: %s is shown", path, other);
		return;
	}
	strv_add(&make, src);
	for (size_t i = 0; i < p->ncred; i++)
		if (path_is_under(p->cred[i].path, path) && !streq(p->cred[i].path, path))
			strv_take(&make, path_join(src, p->cred[i].path + strlen(path) + 1));
	for (size_t i = 0; i < make.n; i++)
		if (conf->claude_without != NULL && strv_has(conf->claude_without, make.v[i]))
			return;
	policy_add(p, POLICY_WRITE, POLICY_HOME, path, xstrdup(src), true,
		   xasprintf("tools.def: %s; of this project alone", caches[row].title));
	p->entry[p->nentry - 1].via = path_join(TOOLS_CACHE, caches[row].dir);
	strv_add(&p->make, src);
	for (size_t i = 1; i < make.n; i++) {
		AUTO_FREE char *hidden = path_join(path, make.v[i] + strlen(src) + 1);

		strv_add(&p->make, make.v[i]);
		policy_add(p, POLICY_HIDDEN, POLICY_HOME, hidden, NULL, true,
			   xstrdup("creds.def: a secret, kept in no cache"));
	}
}

int tools_add_caches(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d)
{
	const struct conf_value *asked = &conf->value[CONFKEY_CACHE];
	const struct policy_entry *w;
	AUTO_FREE char *name = NULL;
	size_t before = p->nentry;

	if (asked->n != CONF_CACHE_PROJECT)
		return 0;
	if (!streq(p->home, h->home)) {
		strv_add(&p->weaker, "cache: no home, so no caches are kept");
		return 0;
	}
	if (p->state == NULL)
		p->state = policy_state(h);
	w = policy_written(p, p->state);
	if (w != NULL) {
		diag_set(d, -EPERM, "%s: cache: the state folder %s lies in %s, which the sandbox can write",
			 asked->origin, p->state, w->path);
		diag_try(d, "\"cache\": \"none\", or another XDG_STATE_HOME");
		return d->code;
	}
	name = path_unique(p->project);
	p->cache = xasprintf("%s/caches/%s", p->state, name);
	strv_addf(
	    &p->openings,
	    "cache: kept for this project: what one session puts there, the next one runs; asked for by %s",
	    asked->origin);
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++)
		add_cache(conf, p, i);
	if (p->nentry > before)
		policy_add_stage(p, p->cache, TOOLS_CACHE,
				 "this project's caches, taken apart by descriptor");
	return 0;
}

static void link_to(struct policy *p, const char *name, const char *real)
{
	AUTO_FREE char *path = path_join(TOOLS_DIR, name);

	if (!policy_has(p, path))
		policy_add(p, POLICY_LINK, POLICY_SYSTEM, path, xstrdup(real), false,
			   xstrdup("tools.def: PATH of the profile minimal"));
}

/*
 * A script that finds the rest of it by the name that it was called by (pnpm's) does not through a link. Its own
 * directory in PATH shows no more than is shown of it.
 */
static bool needs_own_place(const struct policy *p, const struct host_program *a)
{
	AUTO_FREE char *dir = path_dirname(a->path);

	return a->interpreter != NULL && streq(a->path, a->real) && !policy_shows(p, dir);
}

/* The agent under its own name, and what runs it. */
static void link_agent(const struct host *h, struct policy *p)
{
	for (size_t i = 0; p->agent != NULL && p->agent_why == NULL && i < h->nagent; i++) {
		const struct host_program *a = &h->agent[i];

		if (!streq(a->path, p->agent))
			continue;
		if (needs_own_place(p, a)) {
			AUTO_FREE char *dir = path_dirname(a->path);

			free(p->path_only);
			p->path_only = xasprintf("%s:%s", TOOLS_DIR, dir);
		} else {
			link_to(p, "claude", a->path);
		}
		if (a->by != NULL)
			link_to(p, path_basename(a->by->path), a->by->path);
		return;
	}
}

void tools_add_links(const struct conf *conf, const struct host *h, struct policy *p)
{
	if (conf->value[CONFKEY_PROFILE].n != CONF_PROFILE_MINIMAL)
		return;
	for (size_t i = 0; i < h->ntool; i++)
		if (is_shown(p, h->tool[i].real))
			link_to(p, h->tool[i].name, h->tool[i].real);
	p->path_only = xstrdup(TOOLS_DIR);
	link_agent(h, p);
}

static bool is_there(const struct host *h, const char *programs)
{
	size_t len = strcspn(programs, " =");

	for (size_t i = 0; i < h->ntool; i++)
		if (strlen(h->tool[i].name) == len && strncmp(h->tool[i].name, programs, len) == 0)
			return true;
	return false;
}

char *tools_missing_text(const struct conf *conf, const struct host *h)
{
	char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		const char *name = tools[i].name, *package = tools[i].package;
		bool same = streq(name, package);
		char *more;

		if (tools[i].profile > conf->value[CONFKEY_PROFILE].n || is_there(h, tools[i].programs))
			continue;
		more = xasprintf("%s%s%s%s%s%s", text != NULL ? text : "", text != NULL ? ", " : "", name,
				 same ? "" : " (", same ? "" : package, same ? "" : ")");
		free(text);
		text = more;
	}
	return text;
}

const char *tools_profile(const struct conf *conf)
{
	static const char *const names[] = { "minimal", "default", "full" };

	return names[conf->value[CONFKEY_PROFILE].n];
}
