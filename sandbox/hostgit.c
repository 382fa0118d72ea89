/* SPDX-License-Identifier: MIT */
/*
 * What lies in a project, a sandbox may have written: links in it are not followed,
 * files are opened once and looked at through the descriptor, numbers and sizes have
 * bounds.
 */
#include "hostgit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gitconf.h"
#include "mem.h"
#include "owner.h"
#include "path.h"
#include "util.h"

enum {
	DIRS_MAX = 512,	    /* git directories of one project and its binds */
	MODULE_DEPTH = 8,   /* names of modules may have slashes; modules have modules */
	INCLUDE_DEPTH = 10, /* as git's own */
	INCLUDES_MAX = 64,
	POINTER_MAX = 4096, /* of files that name a path */
	IGNORE_MAX = 64 << 10,
};

static const char *const creds[] = {
#define CRED(id, path, kind, title) path,
#include "data/creds.def"
#undef CRED
};

/* A file's text, or why there is none. flags: O_NOFOLLOW for what a sandbox may have put there. */
static struct host_text read_text(struct hostroot *root, const char *path, int flags, size_t max,
				  struct stat *st)
{
	struct host_text t = { 0 };
	AUTO_CLOSE int fd = hostroot_open(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK | flags);
	size_t len = 0;
	ssize_t n;

	if (fd < 0 || hostroot_stat(root, fd, st) < 0) {
		t.error = fd < 0 ? -fd : EIO;
		return t;
	}
	if (!S_ISREG(st->st_mode) || (size_t)st->st_size > max) {
		t.error = S_ISREG(st->st_mode) ? EFBIG : EINVAL;
		return t;
	}
	t.bytes = xmalloc((size_t)st->st_size + 1);
	while (len < (size_t)st->st_size && (n = read(fd, t.bytes + len, (size_t)st->st_size - len)) > 0)
		len += (size_t)n;
	t.bytes[len] = '\0';
	if (len < (size_t)st->st_size || strlen(t.bytes) < len) {
		mem_free_ptr(&t.bytes);
		t.error = len < (size_t)st->st_size ? EIO : EILSEQ;
	}
	return t;
}

/* --- the directories */

/* True for a directory that is none by way of a link. */
static bool is_dir(struct hostroot *root, const char *path)
{
	AUTO_CLOSE int fd = hostroot_open(root, path, O_PATH | O_NOFOLLOW | O_DIRECTORY);
	AUTO_FREE char *real = fd >= 0 ? hostroot_real(root, fd) : NULL;

	return real != NULL && streq(real, path);
}

static bool is_file(struct hostroot *root, const char *dir, const char *name)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_CLOSE int fd = hostroot_open(root, path, O_PATH | O_NOFOLLOW);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static char *follow(struct hostroot *root, const char *path)
{
	AUTO_CLOSE int fd = hostroot_open(root, path, O_PATH);

	return fd >= 0 ? hostroot_real(root, fd) : NULL;
}

static void add_dir(struct hostroot *root, struct host_git *g, enum host_git_kind kind, const char *path)
{
	AUTO_FREE char *config = path_join(path, "config");
	struct host_git_dir d = { .kind = kind, .path = xstrdup(path) };
	struct stat st = { 0 };

	if (kind != HOST_GIT_WORKTREE) {
		AUTO_FREE char *hooks = path_join(path, "hooks");
		AUTO_CLOSE int fd = hostroot_open(root, config, O_PATH | O_NOFOLLOW);

		d.config_type = fd >= 0 && fstat(fd, &st) == 0 ? hostroot_type(st.st_mode) : HOST_ABSENT;
		if (d.config_type == HOST_FILE)
			d.config = read_text(root, config, O_NOFOLLOW, GITCONF_MAX, &st);
		if (d.config_type == HOST_LINK)
			d.leads = follow(root, config);
		d.has_hooks = is_dir(root, hooks);
	}
	g->dir = xrealloc_array(g->dir, g->n + 1, sizeof(*g->dir));
	g->dir[g->n++] = d;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the directories in a directory, sorted. */
static void list(struct hostroot *root, struct host_git *g, const char *path, struct strv *ret)
{
	int fd = is_dir(root, path)
		     ? hostroot_open(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK)
		     : -1;
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e;

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL && ret->n < DIRS_MAX)
		if (!streq(e->d_name, ".") && !streq(e->d_name, "..") &&
		    (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN))
			strv_add(ret, e->d_name);
	g->incomplete |= e != NULL;
	if (ret->n > 1)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
}

/* Where a path leads that is written in `dir`; NULL: to nothing. */
static char *leads_to(struct hostroot *root, const char *dir, const char *s)
{
	AUTO_FREE char *path = path_clean(*s == '/' ? "/" : dir, s);
	AUTO_CLOSE int fd = hostroot_open(root, path, O_PATH);

	return fd >= 0 ? hostroot_real(root, fd) : NULL;
}

/* The place that a file of one line names, behind `prefix`, resolved; NULL: none. */
static char *pointed(struct hostroot *root, const char *dir, const char *name, const char *prefix)
{
	AUTO_FREE char *file = path_join(dir, name);
	struct stat st;
	struct host_text t = read_text(root, file, O_NOFOLLOW, POINTER_MAX, &st);
	AUTO_FREE char *text = t.bytes;
	const char *s;

	if (text == NULL || !str_starts(text, prefix))
		return NULL;
	s = text + strlen(prefix);
	s += strspn(s, " ");
	text[strcspn(text, "\r\n")] = '\0';
	return *s != '\0' ? leads_to(root, dir, s) : NULL;
}

static void add_worktrees(struct hostroot *root, struct host_git *g, const char *dir)
{
	AUTO_FREE char *above = path_join(dir, "worktrees");
	AUTO_STRV struct strv names = { 0 };

	list(root, g, above, &names);
	for (size_t i = 0; i < names.n && g->n < DIRS_MAX; i++) {
		AUTO_FREE char *path = path_join(above, names.v[i]);

		AUTO_FREE char *file = pointed(root, path, "gitdir", "");

		if (!is_dir(root, path))
			continue;
		add_dir(root, g, HOST_GIT_WORKTREE, path);
		g->dir[g->n - 1].tree = file != NULL ? path_dirname(file) : NULL;
	}
}

/* Git directories of submodules, below DIR/modules: a level without HEAD is a part of a name. */
static void add_modules(struct hostroot *root, struct host_git *g, const char *above, int depth)
{
	AUTO_STRV struct strv names = { 0 };

	list(root, g, above, &names);
	for (size_t i = 0; i < names.n && g->n < DIRS_MAX; i++) {
		AUTO_FREE char *path = path_join(above, names.v[i]);
		AUTO_FREE char *below = path_join(path, "modules");

		if (!is_dir(root, path))
			continue;
		if (is_file(root, path, "HEAD")) {
			add_dir(root, g, HOST_GIT_MODULE, path);
			add_worktrees(root, g, path);
		}
		if (depth < MODULE_DEPTH)
			add_modules(root, g, is_file(root, path, "HEAD") ? below : path, depth + 1);
	}
	g->incomplete |= g->n >= DIRS_MAX || depth >= MODULE_DEPTH;
}

static void add_repository(struct hostroot *root, struct host_git *g, const char *dir)
{
	AUTO_FREE char *modules = path_join(dir, "modules");

	add_dir(root, g, HOST_GIT_REPOSITORY, dir);
	add_worktrees(root, g, dir);
	add_modules(root, g, modules, 0);
}

/* --- a .git that is a file */

/* As core.worktree of a submodule's config says it. */
static char *core_worktree(struct hostroot *root, const char *dir)
{
	AUTO_FREE char *file = path_join(dir, "config");
	AUTO_GITCONF struct gitconf c = { 0 };
	struct stat st;
	struct host_text t = read_text(root, file, O_NOFOLLOW, GITCONF_MAX, &st);
	AUTO_FREE char *text = t.bytes;
	const char *value;

	if (text == NULL || gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return NULL;
	value = gitconf_get(&c, "core.worktree");
	return value != NULL && *value != '\0' ? leads_to(root, dir, value) : NULL;
}

/* Which object it is, so that the launch can be held to it. */
static void identify(struct hostroot *root, struct host_node *n)
{
	AUTO_CLOSE int fd = n->real != NULL ? hostroot_open(root, n->real, O_PATH | O_NOFOLLOW) : -1;
	struct stat st;

	if (fd < 0 || root->owners != NULL || fstat(fd, &st) < 0)
		return;
	n->dev = st.st_dev;
	n->ino = st.st_ino;
}

/*
 * Where the .git file of the project leads, and what is known there of the project.
 * A link or a .git in the middle of a path resolves; whether all of it is as git
 * makes it, and so may be shown, policy says.
 */
static void read_link(struct hostroot *root, struct host *h, const char *project)
{
	struct host_git_link *l = &h->git.link;

	l->dir = pointed(root, project, ".git", "gitdir:");
	if (l->dir == NULL || !is_dir(root, l->dir))
		return;
	l->common = pointed(root, l->dir, "commondir", "");
	l->back = l->common != NULL ? pointed(root, l->dir, "gitdir", "") : core_worktree(root, l->dir);
	hostroot_node(root, l->common != NULL ? l->common : l->dir, &l->node);
	hostroot_node(root, l->dir, &l->own);
	identify(root, &l->node);
	l->is_repository = is_file(root, l->node.path, "HEAD");
	if (l->is_repository)
		add_repository(root, &h->git, l->node.path);
}

static void read_tree(struct hostroot *root, struct host *h, const char *tree, bool project)
{
	AUTO_FREE char *git = path_join(tree, ".git");
	AUTO_CLOSE int fd = hostroot_open(root, git, O_PATH | O_NOFOLLOW);
	struct stat st;
	enum host_type type = fd >= 0 && fstat(fd, &st) == 0 ? hostroot_type(st.st_mode) : HOST_ABSENT;

	if (project)
		h->git.type = type;
	if (project && type == HOST_LINK)
		h->git.leads = follow(root, git);
	if (type == HOST_DIR)
		add_repository(root, &h->git, git);
	else if (type == HOST_FILE && project)
		read_link(root, h, tree);
}

/* --- the user's config */

/* One reading of it. */
struct reading {
	struct hostroot *root;
	struct host *h;
	char *git_dir, *branch; /* owned; of the project, for includeIf; NULL: none */
	struct gitconf local;
	FILE *out; /* all that was read, in git's order */
	size_t files, items;
};

static void problem(struct reading *r, const char *path, const char *what)
{
	strv_addf(&r->h->git.problem, "%s: %s", path, what);
}

/* What lies where secrets are is read by nobody, whatever includes it. */
static bool is_secret(const struct host *h, const char *real)
{
	for (size_t i = 0; i < ARRAY_SIZE(creds); i++) {
		AUTO_FREE char *cred = path_join(h->home, creds[i]);
		const struct host_node *n = host_find(h, cred);

		if (path_is_under(real, cred) ||
		    (n != NULL && n->real != NULL && path_is_under(real, n->real)))
			return true;
	}
	return false;
}

/* A path of an include: beside the file that has it, or in the home. Owned; NULL: of another form. */
static char *include_path(const struct reading *r, const char *file, const char *value)
{
	AUTO_FREE char *dir = path_dirname(file);

	if (*value == '~' && value[1] != '/')
		return NULL;
	if (*value == '~')
		return path_join(r->h->home, value + 2);
	if (*value == '%' || *value == '\0')
		return NULL;
	return path_clean(*value == '/' ? "/" : dir, value);
}

static bool matches_dir(const struct reading *r, const char *file, const char *glob, bool fold)
{
	AUTO_FREE char *dir = path_dirname(file);
	AUTO_FREE char *full = NULL;
	AUTO_FREE char *pattern = NULL;

	if (r->git_dir == NULL)
		return false;
	if (str_starts(glob, "~/"))
		full = xasprintf("%s/%s", r->h->home, glob + 2);
	else if (str_starts(glob, "./"))
		full = xasprintf("%s/%s", dir, glob + 2);
	else
		full = xasprintf("%s%s", *glob == '/' ? "" : "**/", glob);
	pattern = xasprintf("%s%s", full, full[strlen(full) - 1] == '/' ? "**" : "");
	return gitconf_match(pattern, r->git_dir, fold);
}

static bool matches_url(const struct reading *r, const char *glob)
{
	for (size_t i = 0; i < r->local.n; i++) {
		const struct gitconf_item *it = &r->local.item[i];
		size_t n = strlen(it->key);

		if (str_starts(it->key, "remote.") && n > 11 && streq(it->key + n - 4, ".url") &&
		    it->value != NULL && gitconf_match(glob, it->value, false))
			return true;
	}
	return false;
}

/* The condition of "includeif.CONDITION.path". */
static bool holds(const struct reading *r, const char *file, const char *key)
{
	const char *last = strrchr(key, '.');
	AUTO_FREE char *cond = xstrndup(key + 10, (size_t)(last - key - 10));
	AUTO_FREE char *glob = NULL;

	if (str_starts(cond, "gitdir:"))
		return matches_dir(r, file, cond + 7, false);
	if (str_starts(cond, "gitdir/i:"))
		return matches_dir(r, file, cond + 9, true);
	if (str_starts(cond, "onbranch:") && r->branch != NULL) {
		glob = xasprintf("%s%s", cond + 9, cond[strlen(cond) - 1] == '/' ? "**" : "");
		return gitconf_match(glob, r->branch, false);
	}
	if (str_starts(cond, "hasconfig:remote.*.url:"))
		return matches_url(r, cond + 23);
	return false;
}

static void read_config(struct reading *r, const char *path, int depth);

static void take_item(struct reading *r, const char *file, const struct gitconf_item *it, int depth)
{
	bool plain = streq(it->key, "include.path");
	bool cond = str_starts(it->key, "includeif.") && strlen(it->key) > 15 &&
		    streq(it->key + strlen(it->key) - 5, ".path");
	AUTO_FREE char *path = NULL;

	if (!plain && !cond) {
		gitconf_write(r->out, it->key, it->value);
		r->items++;
		return;
	}
	if (it->value == NULL || (cond && !holds(r, file, it->key)))
		return;
	path = include_path(r, file, it->value);
	if (path != NULL)
		read_config(r, path, depth + 1);
	else
		problem(r, it->value, "a path of this form is not followed");
}

/* Why a file that is there is not read, or NULL. */
static const char *unfit(const struct reading *r, const char *real, const struct stat *st, int error)
{
	if (is_secret(r->h, real))
		return "it lies where credentials are";
	if (error == EINVAL)
		return "it is no file";
	if (error == EFBIG)
		return "it is too large";
	if (error == EILSEQ)
		return "it is no text";
	if (error != 0)
		return strerrorname_np(error);
	if (st->st_uid != r->h->uid && !owner_is_root(st->st_uid))
		return "it is another user's";
	return NULL;
}

static void read_config(struct reading *r, const char *path, int depth)
{
	AUTO_CLOSE int fd = hostroot_open(r->root, path, O_PATH);
	AUTO_FREE char *real = fd >= 0 ? hostroot_real(r->root, fd) : NULL;
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *where = NULL;
	AUTO_GITCONF struct gitconf c = { 0 };
	struct host_text t = { 0 };
	struct stat st = { 0 };
	const char *why;
	unsigned line;

	/* An include of nothing is no error of git's. */
	if (real == NULL)
		return;
	if (r->files++ >= INCLUDES_MAX || depth > INCLUDE_DEPTH || r->items > GITCONF_ITEMS_MAX) {
		problem(r, path, "too many includes");
		return;
	}
	if (!is_secret(r->h, real))
		t = read_text(r->root, real, O_NOFOLLOW, GITCONF_MAX, &st);
	text = t.bytes;
	why = unfit(r, real, &st, t.error);
	if (why == NULL && gitconf_parse(text, strlen(text), &c, &line) < 0) {
		where = xasprintf("line %u is no git config", line);
		why = where;
	}
	if (why != NULL) {
		problem(r, path, why);
		return;
	}
	for (size_t i = 0; i < c.n; i++)
		take_item(r, path, &c.item[i], depth);
}

static void find_conditions(struct reading *r)
{
	const struct host_git *g = &r->h->git;
	const char *dir = g->link.own.real != NULL	    ? g->link.own.real
			  : g->n > 0 && g->type == HOST_DIR ? g->dir[0].path
							    : NULL;
	AUTO_FREE char *head = dir != NULL ? path_join(dir, "HEAD") : NULL;
	struct host_text t = { 0 };
	AUTO_FREE char *text = NULL;
	struct stat st;

	if (dir == NULL)
		return;
	r->git_dir = xstrdup(dir);
	t = read_text(r->root, head, O_NOFOLLOW, POINTER_MAX, &st);
	text = t.bytes;
	if (text != NULL && str_starts(text, "ref: refs/heads/"))
		r->branch = xstrndup(text + 16, strcspn(text + 16, "\r\n"));
	if (g->n > 0 && g->dir[0].config.bytes != NULL)
		gitconf_parse(g->dir[0].config.bytes, strlen(g->dir[0].config.bytes), &r->local, NULL);
}

/* core.excludesFile, or the usual place. Patterns run nothing. */
static void read_ignore(struct reading *r)
{
	const char *xdg = env_get(r->h->env, "XDG_CONFIG_HOME");
	AUTO_GITCONF struct gitconf c = { 0 };
	const char *user = r->h->git.user;
	const char *value = NULL;
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *real = NULL;
	struct host_text t = { 0 };
	struct stat st = { 0 };

	if (user != NULL && gitconf_parse(user, strlen(user), &c, NULL) == 0)
		value = gitconf_get(&c, "core.excludesfile");
	if (value != NULL)
		path = include_path(r, r->h->home, value);
	else
		path = xdg != NULL && *xdg == '/' ? path_join(xdg, "git/ignore")
						  : path_join(r->h->home, ".config/git/ignore");
	real = path != NULL ? follow(r->root, path) : NULL;
	if (real == NULL || is_secret(r->h, real))
		return;
	t = read_text(r->root, real, O_NOFOLLOW, IGNORE_MAX, &st);
	if (unfit(r, real, &st, t.error) == NULL)
		r->h->git.ignore = TAKE_PTR(t.bytes);
	free(t.bytes);
}

static void read_global(struct hostroot *root, struct host *h)
{
	struct reading r = { .root = root, .h = h };
	const char *instead = env_get(h->env, "GIT_CONFIG_GLOBAL");
	const char *xdg = env_get(h->env, "XDG_CONFIG_HOME");
	AUTO_FREE char *first = xdg != NULL && *xdg == '/' ? path_join(xdg, "git/config")
							   : path_join(h->home, ".config/git/config");
	AUTO_FREE char *second = path_join(h->home, ".gitconfig");

	size_t len;

	if (*h->home == '\0')
		return;
	r.out = open_memstream(&h->git.user, &len);
	if (r.out == NULL)
		mem_oom();
	find_conditions(&r);
	/* As git does: it alone, and none where it is empty. */
	if (instead != NULL && *instead == '/')
		read_config(&r, instead, 0);
	else if (instead != NULL && *instead != '\0')
		problem(&r, instead, "GIT_CONFIG_GLOBAL is no absolute path");
	if (instead == NULL) {
		read_config(&r, first, 0);
		read_config(&r, second, 0);
	}
	fclose(r.out);
	if (r.items == 0)
		mem_free_ptr(&h->git.user);
	read_ignore(&r);
	free(r.git_dir);
	free(r.branch);
	gitconf_done(&r.local);
}

void hostgit_read(struct hostroot *root, const struct conf *conf, struct host *h)
{
	const struct host_node *n = conf->project != NULL ? host_find(h, conf->project) : NULL;

	if (n != NULL && n->real != NULL && n->real_type == HOST_DIR)
		read_tree(root, h, n->real, true);
	for (size_t i = 0; i < conf->extra_bind.n; i++) {
		n = host_find(h, conf->extra_bind.item[i].value);
		if (n != NULL && n->real != NULL && n->real_type == HOST_DIR)
			read_tree(root, h, n->real, false);
	}
	read_global(root, h);
}

static void node_done(struct host_node *n)
{
	free(n->path);
	free(n->link);
	free(n->real);
}

void hostgit_done(struct host *h)
{
	struct host_git *g = &h->git;

	for (size_t i = 0; i < g->n; i++) {
		free(g->dir[i].path);
		free(g->dir[i].config.bytes);
		free(g->dir[i].leads);
		free(g->dir[i].tree);
	}
	free(g->dir);
	free(g->leads);
	free(g->link.dir);
	free(g->link.common);
	free(g->link.back);
	node_done(&g->link.node);
	node_done(&g->link.own);
	free(g->ignore);
	free(g->user);
	strv_done(&g->problem);
	*g = (struct host_git){ 0 };
}
