/* SPDX-License-Identifier: MIT */
/*
 * The repository's config is a private copy inside: git writes it a dozen times a
 * day, and the host runs what it says. At exit gitexit.c takes back what runs nothing.
 */
#include "git.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autorun.h"
#include "gitconf.h"
#include "guard.h"
#include "mem.h"
#include "path.h"
#include "util.h"

#define ONE_BY_ONE 32
#define TOKEN_MIN  20 /* bytes; the shortest of those that forges give */

enum git_kind { GIT_KIND_USER, GIT_KIND_OFF, GIT_KIND_BACK, GIT_KIND_MODULE };
enum git_value {
	GIT_VALUE_ANY,
	GIT_VALUE_WORD,
	GIT_VALUE_URL,
	GIT_VALUE_BASE,
	GIT_VALUE_ALIAS,
	GIT_VALUE_LFS,
	GIT_VALUE_INSIDE
};

static const struct git_row {
	enum git_kind kind;
	const char *glob;
	enum git_value value;
	const char *why;
} rows[] = {
#define GIT_USER(glob, value, why)   { GIT_KIND_USER, glob, GIT_VALUE_##value, why },
#define GIT_OFF(glob, why)	     { GIT_KIND_OFF, glob, GIT_VALUE_ANY, why },
#define GIT_BACK(glob, value, why)   { GIT_KIND_BACK, glob, GIT_VALUE_##value, why },
#define GIT_MODULE(glob, value, why) { GIT_KIND_MODULE, glob, GIT_VALUE_##value, why },
#include "data/gitkeys.def"
};

static const struct {
	const char *key, *value;
} for_absent[] = {
#define GIT_ABSENT(key, value, why) { key, value },
#include "data/gitkeys.def"
};

/* git's own words of `git lfs install`. */
static const struct {
	const char *key, *value;
} lfs[] = {
	{ "filter.lfs.clean", "git-lfs clean -- %f" },
	{ "filter.lfs.smudge", "git-lfs smudge -- %f" },
	{ "filter.lfs.process", "git-lfs filter-process" },
	{ "filter.lfs.required", "true" },
};

static const char *const schemes[] = {
#define GIT_SCHEME(name) name,
#include "data/gitkeys.def"
};

static const struct git_row *row_of(enum git_kind kind, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == kind && fnmatch(rows[i].glob, key, 0) == 0)
			return &rows[i];
	return NULL;
}

static bool has_controls(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool is_word(const char *s)
{
	return *s != '-' && !has_controls(s);
}

/* What git would hand to ssh or to a program of its own making: "-oProxyCommand=...", "ext::sh -c ...". */
static bool is_plain_url(const char *s)
{
	return is_word(s) && strstr(s, "::") == NULL && strstr(s, "://-") == NULL && strstr(s, "@-") == NULL;
}

/* Of any other scheme, "foo://", it is for a program git-remote-foo, whatever that does with it. */
static bool is_url(const char *s)
{
	const char *end = strstr(s, "://");

	for (size_t i = 0; end != NULL && i < ARRAY_SIZE(schemes); i++)
		if (strlen(schemes[i]) == (size_t)(end - s) && str_starts(s, schemes[i]))
			end = NULL;
	return is_plain_url(s) && end == NULL;
}

/* "https://user:password@host/": a password, or a token in the place of the name. */
static bool has_password(const char *s)
{
	const char *at = strstr(s, "://"), *end, *host;

	if (at == NULL)
		return false;
	at += 3;
	end = at + strcspn(at, "/");
	host = memchr(at, '@', (size_t)(end - at));
	return host != NULL && (str_starts(s, "http") || memchr(at, ':', (size_t)(host - at)) != NULL);
}

static bool is_lfs(const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(lfs); i++)
		if (streq(lfs[i].key, key) && streq(lfs[i].value, value))
			return true;
	return false;
}

/* A place in the project, and in no repository's own directory. */
static bool is_inside(const char *value, const char *project, const char *dir)
{
	AUTO_FREE char *path = dir != NULL ? path_clean(dir, value) : NULL;
	AUTO_FREE char *ended = path != NULL ? xasprintf("%s/", path) : NULL;

	return path != NULL && *value != '/' && !has_controls(value) && path_is_under(path, project) &&
	       !streq(path, project) && strcasestr(ended, "/.git/") == NULL;
}

static bool fits(const struct git_row *row, const char *key, const char *value, const char *project,
		 const char *dir)
{
	/* A key by itself is a "true". */
	const char *v = value != NULL ? value : "true";

	/* Subsections are names of the user's; no control byte stands in one by accident. */
	if (has_controls(key))
		return false;
	/* `git fetch --all` gives the name of a remote to another git, where "--upload-pack=..." is an option. */
	if (str_starts(key + strcspn(key, "."), ".-"))
		return false;
	switch (row->value) {
	case GIT_VALUE_ANY:
		return !has_controls(v);
	case GIT_VALUE_WORD:
		return is_word(v);
	case GIT_VALUE_URL:
		return is_url(v);
	case GIT_VALUE_BASE:
		return is_plain_url(v) && !has_password(v) && !has_password(key + 4);
	case GIT_VALUE_ALIAS:
		return *v != '!' && !has_controls(v);
	case GIT_VALUE_LFS:
		return is_lfs(key, v);
	case GIT_VALUE_INSIDE:
		return is_inside(v, project, dir);
	}
	return false;
}

bool git_goes_back(const char *key, const char *value, const char *project, const char *dir)
{
	const struct git_row *row = row_of(GIT_KIND_BACK, key);

	if (row == NULL && dir != NULL)
		row = row_of(GIT_KIND_MODULE, key);
	return row != NULL && fits(row, key, value, project, dir);
}

const char *git_program(const char *key, const char *value)
{
	const struct git_row *row = row_of(GIT_KIND_OFF, key), *back = row_of(GIT_KIND_BACK, key);
	const char *helper = strstr(value, "::");

	if ((row != NULL && str_starts(row->why, "names")) || str_starts(key, "filter.") || *value == '!')
		return value;
	/* "ext::sh -c ..." */
	return back != NULL && back->value == GIT_VALUE_URL && helper != NULL ? helper + 2 : NULL;
}

/* --- the user's config */

static bool is_true(const char *value)
{
	return value == NULL || strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
	       strcasecmp(value, "on") == 0 || streq(value, "1");
}

static void say_unsigned(struct policy *p)
{
	static const char text[] = "commits inside are not signed (commit.gpgsign): the key is not inside";

	if (!strv_has(&p->notes, text))
		strv_add(&p->notes, text);
}

static char *user_text(const struct host *h, struct policy *p)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	bool signs = false;
	char *out = NULL;
	size_t len;
	FILE *f;

	if (h->git.user == NULL || gitconf_parse(h->git.user, strlen(h->git.user), &c, NULL) < 0)
		return NULL;
	f = open_memstream(&out, &len);
	if (f == NULL)
		mem_oom();
	for (size_t i = 0; i < c.n; i++) {
		const struct gitconf_item *it = &c.item[i];
		const struct git_row *row = row_of(GIT_KIND_USER, it->key);

		if (streq(it->key, "commit.gpgsign"))
			signs = is_true(it->value);
		if (it->value != NULL && streq(it->key, "core.hookspath"))
			strv_add(&p->named.hooks, it->value);
		else if (it->value != NULL && git_program(it->key, it->value) != NULL)
			strv_add(&p->named.programs, git_program(it->key, it->value));
		/* A row for this key alone says more than the patterns of others. */
		if (row != NULL && fits(row, it->key, it->value, p->project, NULL) &&
		    (streq(row->glob, it->key) || row_of(GIT_KIND_OFF, it->key) == NULL))
			gitconf_write(f, it->key, it->value);
		else
			p->git.left_out++;
	}
	fclose(f);
	if (signs)
		say_unsigned(p);
	return out;
}

/* As hostgit.c reads them, and those of a shell in which these variables are not set. */
static void name_configs(const struct host *h, struct policy *p)
{
	static const char *const variables[] = { "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM" };
	const char *xdg = env_get(h->env, "XDG_CONFIG_HOME");

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *file = env_get(h->env, variables[i]);

		if (file != NULL && *file == '/')
			strv_take(&p->named.config, path_clean("/", file));
	}
	if (*h->home == '\0')
		return;
	strv_take(&p->named.config, xdg != NULL && *xdg == '/' ? path_join(xdg, "git/config")
							       : path_join(h->home, ".config/git/config"));
	strv_take(&p->named.config, path_join(h->home, ".gitconfig"));
}

static void add_user(const struct host *h, struct policy *p)
{
	AUTO_FREE char *path = path_join(p->home, ".gitconfig");
	AUTO_FREE char *ignore = path_join(p->home, ".config/git/ignore");
	AUTO_FREE char *text = user_text(h, p);

	name_configs(h, p);
	if (h->git.ignore != NULL && !policy_has(p, ignore)) {
		policy_add(p, POLICY_COPY, POLICY_HOME, ignore, xstrdup(h->git.ignore), false,
			   xstrdup("what you want git to ignore everywhere"));
		p->entry[p->nentry - 1].git = true;
	}

	for (size_t i = 0; i < h->git.problem.n; i++)
		strv_addf(&p->notes, "git config left out: %s", h->git.problem.v[i]);
	if (text == NULL || *text == '\0' || policy_has(p, path))
		return;
	policy_add(p, POLICY_COPY, POLICY_HOME, path, TAKE_PTR(text), false,
		   xstrdup("gitkeys.def: who you are to git, without what names programs or secrets"));
	p->entry[p->nentry - 1].git = true;
}

/* --- the repositories' */

static bool is_written(const struct policy *p, const char *path)
{
	const struct policy_entry *in = NULL;

	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part >= POLICY_PROJECT && path_is_under(path, p->entry[i].path) &&
		    (in == NULL || path_is_under(p->entry[i].path, in->path)))
			in = &p->entry[i];
	return in != NULL && in->access == POLICY_WRITE;
}

static bool is_off(const struct gitconf_item *it)
{
	if (str_starts(it->key, "filter."))
		return it->value == NULL || !is_lfs(it->key, it->value);
	if (str_starts(it->key, "alias."))
		return it->value != NULL && *it->value == '!';
	return row_of(GIT_KIND_OFF, it->key) != NULL;
}

/* All that stays, in git's own form: where so much goes that taking it out one by one would cost time. */
static char *rewritten(const struct gitconf *c)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		mem_oom();
	for (size_t i = 0; i < c->n; i++)
		if (!is_off(&c->item[i]))
			gitconf_write(f, c->item[i].key, c->item[i].value);
	fclose(f);
	return out;
}

/* A name alone is no secret, unless it is as long as a token. */
static bool has_login(const char *url)
{
	const char *at = has_password(url) ? strstr(url, "://") + 3 : NULL;
	size_t n = at != NULL ? strcspn(at, "@/") : 0;

	return at != NULL && (memchr(at, ':', n) != NULL || n >= TOKEN_MIN);
}

/* What stays, as git inside needs it to push. */
static void say_login(const struct gitconf_item *it, const char *path, struct policy *p)
{
	AUTO_FREE char *said = NULL;

	/* The key itself has one in it: url.BASE.insteadof. */
	if (str_starts(it->key, "url.") ? !has_login(it->key + 4)
					: it->value == NULL || !has_login(it->value))
		return;
	said = xasprintf(
	    "%s: a URL of %.*s has a login in it, which can be read inside; a credential helper of git's "
	    "keeps it out",
	    path, (int)strcspn(it->key, "."), it->key);
	if (!strv_has(&p->notes, said))
		strv_take(&p->notes, TAKE_PTR(said));
}

/* The text of path without what gitkeys.def leaves out; owned. */
static char *copy_of(const char *text, const char *path, struct policy *p)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	const struct strv none = { 0 };
	char *out = xstrdup(text);
	size_t off = 0;

	if (gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return out;
	for (size_t i = 0; i < c.n; i++) {
		const struct gitconf_item *it = &c.item[i];
		char *next;

		if (!is_off(it)) {
			say_login(it, path, p);
			continue;
		}
		if (streq(it->key, "commit.gpgsign") && is_true(it->value))
			say_unsigned(p);
		if (off++ >= ONE_BY_ONE)
			continue;
		next = gitconf_set(out, it->key, &none);
		if (next != NULL) {
			free(out);
			out = next;
		}
	}
	p->git.left_out += off;
	if (off <= ONE_BY_ONE)
		return out;
	free(out);
	return rewritten(&c);
}

/* Why there is no copy, or NULL. */
static const char *no_copy(const struct host_git_dir *d)
{
	AUTO_GITCONF struct gitconf c = { 0 };

	if (d->config_type != HOST_FILE)
		return d->config_type == HOST_LINK ? "it is a link" : "it is no file";
	if (d->config.bytes == NULL)
		return d->config.error == EFBIG	   ? "it is too large"
		       : d->config.error == EILSEQ ? "it is no text"
						   : strerrorname_np(d->config.error);
	return gitconf_parse(d->config.bytes, strlen(d->config.bytes), &c, NULL) < 0 ? "it is no git config"
										     : NULL;
}

static void add_config(const struct host_git_dir *d, struct policy *p)
{
	struct policy_git_config *c;
	const char *why = no_copy(d);
	char *path;

	if (d->kind == HOST_GIT_WORKTREE || d->config_type == HOST_ABSENT || !is_written(p, d->path))
		return;
	path = path_join(d->path, "config");
	if (policy_has(p, path) || !autorun_is_held(p, path)) {
		free(path);
		return;
	}
	p->git.config = xrealloc_array(p->git.config, p->git.n + 1, sizeof(*p->git.config));
	c = &p->git.config[p->git.n];
	*c = (struct policy_git_config){ .dir = xstrdup(d->path),
					 .path = path,
					 .repository = d->kind == HOST_GIT_REPOSITORY };
	if (why != NULL) {
		strv_addf(&p->notes, "%s is read-only inside: %s", path, why);
	} else if (p->git.n < POLICY_GIT_COPIES) {
		c->host = xstrdup(d->config.bytes);
		c->copy = copy_of(d->config.bytes, path, p);
	}
	p->git.n++;
}

/* git inside would take one whose files it does not see for one that is gone, and prune it. */
static void add_worktree(const struct host_git_dir *d, struct policy *p)
{
	bool seen = false;

	if (d->tree == NULL)
		return;
	strv_add(&p->git.admin, d->path);
	strv_add(&p->git.tree, d->tree);
	for (size_t i = 0; i < p->nentry; i++)
		seen |= p->entry[i].part >= POLICY_PROJECT && path_is_under(d->tree, p->entry[i].path);
	if (!seen && is_written(p, d->path) && !policy_has(p, d->path) && autorun_is_held(p, d->path))
		policy_add(p, POLICY_READ, POLICY_EXTRA, d->path, xstrdup(d->path), true,
			   xstrdup("a worktree elsewhere: git inside would prune it"));
}

/* --- a repository outside of the project */

/*
 * Why what the project's .git file names is not its repository, or NULL. The file is
 * the project's, so a sandbox may have written it: what counts is what is said over
 * there, where none could.
 */
static const char *no_link(const struct conf *conf, const struct host *h, const struct policy *p,
			   struct diag *d)
{
	const struct host_git_link *l = &h->git.link;
	const struct host_node *project = host_find(h, conf->project);
	AUTO_FREE char *above = l->dir != NULL ? path_dirname(l->dir) : NULL;
	AUTO_FREE char *top = above != NULL ? path_dirname(above) : NULL;
	AUTO_FREE char *git = path_join(p->project, ".git");
	struct conf_item item = { 0 };

	if (l->dir == NULL || !l->is_repository || l->node.real == NULL || !streq(l->node.real, l->node.path))
		return "there is no repository";
	if (l->common != NULL && (!streq(top, l->common) || !streq(path_basename(above), "worktrees")))
		return "it is no worktree of the repository that it names";
	if (l->back == NULL || !streq(l->back, l->common != NULL ? git : p->project))
		return "nothing there says that it is this project's";
	if (project == NULL || l->node.uid != project->uid || l->own.uid != project->uid)
		return "it is another user's";
	if (path_is_under(p->project, l->node.real) || path_is_under(l->node.real, p->project))
		return "one lies in the other";
	if (guard_cred(h, l->node.real) != NULL)
		return "it lies where credentials are";
	item.value = l->node.path;
	item.origin = git;
	return guard_bind(p, h, &item, &l->node, POLICY_WRITE, d) < 0 ? d->msg : NULL;
}

static void add_tree(struct policy *p, enum policy_access access, const struct host_node *n, const char *path,
		     const char *why)
{
	policy_add(p, access, POLICY_EXTRA, path, xstrdup(path), true, xstrdup(why));
	if (n != NULL) {
		p->entry[p->nentry - 1].dev = n->dev;
		p->entry[p->nentry - 1].ino = n->ino;
	}
}

/*
 * The repository of a linked worktree, or of a submodule whose superproject lies
 * elsewhere. All of it is writable but for other worktrees, hooks and configs: to delete
 * a ref git makes packed-refs.lock at its top.
 */
static void add_link(const struct conf *conf, const struct host *h, struct policy *p)
{
	const struct host_git_link *l = &h->git.link;
	AUTO_FREE char *git = path_join(p->project, ".git");
	struct diag d = { 0 };
	const char *why;

	if (h->git.type != HOST_FILE)
		return;
	/* Rewritten, it would lead git on the host to a repository of the sandbox's making. */
	if (!policy_has(p, git) && autorun_is_held(p, git))
		policy_add(p, POLICY_READ, POLICY_EXTRA, git, xstrdup(git), false,
			   xstrdup("git on the host goes where it leads"));
	if (l->node.real != NULL && is_written(p, l->node.real))
		return;
	why = no_link(conf, h, p, &d);
	if (why != NULL) {
		strv_addf(&p->notes, "%s/.git leads to %s, which is not shown: %s; git will not work inside",
			  p->project, l->dir != NULL ? l->dir : "nothing", why);
		return;
	}
	add_tree(p, POLICY_WRITE, &l->node, l->node.real,
		 "the repository of the project, which its .git file names");
	for (size_t i = 0; i < h->git.n; i++) {
		const struct host_git_dir *g = &h->git.dir[i];

		if (g->kind == HOST_GIT_WORKTREE && !streq(g->path, l->dir) &&
		    path_is_under(g->path, l->node.real))
			add_tree(p, POLICY_READ, NULL, g->path, "another worktree's");
		if (g->has_hooks && path_is_under(g->path, l->node.real)) {
			AUTO_FREE char *hooks = path_join(g->path, "hooks");

			if (autorun_is_held(p, hooks))
				add_tree(p, POLICY_READ, NULL, hooks, "hooks that git on the host runs");
		}
	}
}

static int refuse_link(const struct policy *p, const char *link, const char *leads, struct diag *d)
{
	char word[DIAG_WORD];

	if (leads != NULL && !is_written(p, leads))
		return 0;
	diag_set(
	    d, -EPERM,
	    "%s is a link to %s, which the sandbox can write: git on the host would run what it left there",
	    link, leads != NULL ? leads : "nothing");
	diag_try(d, leads != NULL ? "what it leads to in its place: mv %s %s" : "remove it: rm %.0s%s",
		 leads != NULL ? diag_word(word, sizeof(word), leads) : "", link);
	return d->code;
}

/* What a link makes of git on the host is decided where the link leads. */
static int check_links(const struct host *h, const struct policy *p, struct diag *d)
{
	AUTO_FREE char *git = path_join(p->project, ".git");
	int r =
	    h->git.type == HOST_LINK && autorun_is_held(p, git) ? refuse_link(p, git, h->git.leads, d) : 0;

	for (size_t i = 0; i < h->git.n && r == 0; i++) {
		const struct host_git_dir *g = &h->git.dir[i];
		AUTO_FREE char *config = path_join(g->path, "config");

		if (g->config_type == HOST_LINK && is_written(p, g->path) && autorun_is_held(p, config))
			r = refuse_link(p, config, g->leads, d);
	}
	return r;
}

/* git gc fails where it can't lock the HEAD of a worktree: in the copy it is told to leave what needs that. */
static void gc_leaves(struct policy_git_config *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(for_absent); i++) {
		AUTO_STRV struct strv value = { 0 };
		char *next;

		strv_add(&value, for_absent[i].value);
		next = gitconf_set(c->copy, for_absent[i].key, &value);
		if (next == NULL)
			continue;
		free(c->copy);
		c->copy = next;
	}
}

/* Repositories of which a worktree is read-only as a whole. */
static void add_absent(const struct host *h, struct policy *p)
{
	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		AUTO_FREE char *worktrees = path_join(p->git.config[i].dir, "worktrees");
		bool absent = false;

		for (size_t j = 0; j < h->git.n && !absent; j++) {
			const struct host_git_dir *g = &h->git.dir[j];

			absent = g->kind == HOST_GIT_WORKTREE && path_is_under(g->path, worktrees) &&
				 policy_has(p, g->path);
		}
		if (absent && p->git.config[i].copy != NULL)
			gc_leaves(&p->git.config[i]);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int git_add(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d)
{
	bool copies = false;
	int r;

	add_user(h, p);
	add_link(conf, h, p);
	r = check_links(h, p, d);
	if (r < 0)
		return r;
	for (size_t i = 0; i < h->git.n; i++) {
		add_config(&h->git.dir[i], p);
		add_worktree(&h->git.dir[i], p);
		if (is_written(p, h->git.dir[i].path))
			strv_add(&p->git.listed, h->git.dir[i].path);
	}
	add_absent(h, p);
	if (p->git.listed.n > 1)
		qsort(p->git.listed.v, p->git.listed.n, sizeof(*p->git.listed.v), by_name);
	p->git.more = h->git.incomplete;
	if (p->git.n > POLICY_GIT_COPIES || h->git.incomplete)
		strv_addf(
		    &p->notes,
		    "%s has too many repositories for a private copy of each config: those of the first "
		    "%d can be changed inside",
		    p->project, POLICY_GIT_COPIES);
	for (size_t i = 0; i < p->git.n; i++)
		copies |= p->git.config[i].copy != NULL;
	if (copies)
		policy_add(
		    p, POLICY_PRIVATE, POLICY_SYSTEM, GIT_COPIES, NULL, true,
		    xstrdup("private copies of the repositories' configs; gitkeys.def says what is kept"));
	return 0;
}
