/* SPDX-License-Identifier: MIT */
/* The environment inside, from data/env.def. No system calls. */
#include "env.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "egressmsg.h"
#include "mem.h"
#include "path.h"
#include "policytext.h"
#include "util.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum env_kind { ENV_KIND_KEEP, ENV_KIND_PATHS, ENV_KIND_SET, ENV_KIND_MAYBE, ENV_KIND_NET, ENV_KIND_REFUSE };

static const struct env_row {
	enum env_kind kind;
	const char *name; /* name or glob */
	const char *value;
	const char *why;
} rows[] = {
#define ENV_KEEP(name, why)	    { ENV_KIND_KEEP, name, NULL, why },
#define ENV_PATHS(name, why)	    { ENV_KIND_PATHS, name, NULL, why },
#define ENV_SET(name, value, why)   { ENV_KIND_SET, name, value, why },
#define ENV_MAYBE(name, value, why) { ENV_KIND_MAYBE, name, value, why },
#define ENV_NET(name, value, why)   { ENV_KIND_NET, name, value, why },
#define ENV_REFUSE(name, why)	    { ENV_KIND_REFUSE, name, NULL, why },
#include "data/env.def"
#undef ENV_KEEP
#undef ENV_PATHS
#undef ENV_SET
#undef ENV_MAYBE
#undef ENV_NET
#undef ENV_REFUSE
};

static struct policy_env *find(struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->nenv; i++)
		if (streq(p->env[i].name, name))
			return &p->env[i];
	return NULL;
}

/* Adds or replaces. `secret`: the value comes from outside and is never printed. */
static void put(struct policy *p, const char *name, const char *value, bool secret, char *why)
{
	struct policy_env *e = find(p, name);

	if (e == NULL) {
		p->env = xrealloc_array(p->env, p->nenv + 1, sizeof(*p->env));
		e = &p->env[p->nenv++];
		*e = (struct policy_env){ .name = xstrdup(name) };
	} else {
		mem_free_ptr(&e->value);
		mem_free_ptr(&e->why);
	}
	e->value = xstrdup(value);
	e->secret = secret;
	e->why = why;
}

static const struct env_row *row_of(enum env_kind kind, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == kind && fnmatch(rows[i].name, name, 0) == 0)
			return &rows[i];
	return NULL;
}

const char *env_why_kept(const char *name)
{
	const struct env_row *row = row_of(ENV_KIND_KEEP, name);

	if (row == NULL)
		row = row_of(ENV_KIND_PATHS, name);
	return row != NULL ? row->why : NULL;
}

const char *env_why_refused(const char *name)
{
	const struct env_row *row = row_of(ENV_KIND_REFUSE, name);

	return row != NULL ? row->why : NULL;
}

/* Other names are legal for exec, but no shell can set them, and in shell text they are code. */
static bool is_name(const char *s)
{
	return *s != '\0' && strchr("0123456789", *s) == NULL &&
	       s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* Where the name leads inside, and that what is there is shown. */
static bool is_inside(const struct host *host, const struct policy *p, const char *path)
{
	AUTO_FREE char *clean = *path == '/' ? path_clean("/", path) : NULL;
	const struct host_node *n = clean != NULL ? host_find(host, clean) : NULL;
	bool named = false;

	if (n == NULL || n->real == NULL || (n->real_type != HOST_FILE && n->real_type != HOST_DIR))
		return false;
	for (size_t i = 0; i < p->nentry && !named; i++)
		named = p->entry[i].access == POLICY_LINK && path_is_under(clean, p->entry[i].path);
	return (named || policy_shows(p, clean) || policy_writes(p, clean)) &&
	       (policy_shows(p, n->real) || policy_writes(p, n->real));
}

static bool is_no_shell(const char *path)
{
	const char *name = path_basename(path);

	return streq(name, "nologin") || streq(name, "false");
}

/* The caller's, then that of his account, as far as it is inside: programs start it, and the agent asks which it is. */
char *env_shell(const struct host *host, const struct policy *p)
{
	const char *const wanted[] = { env_get(host->env, "SHELL"), host->shell };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		AUTO_FREE char *s =
		    wanted[i] != NULL && *wanted[i] == '/' ? path_clean("/", wanted[i]) : NULL;
		const struct host_node *n = s != NULL ? host_find(host, s) : NULL;

		/* It becomes a field of the passwd file, too. */
		if (n != NULL && n->real_type == HOST_FILE && (n->mode & 0111) != 0 &&
		    !is_no_shell(n->real) && !is_no_shell(s) && s[strcspn(s, ":\n")] == '\0' &&
		    is_inside(host, p, s))
			return TAKE_PTR(s);
	}
	return xstrdup("/bin/sh");
}

/* A variable that names what is not there would only be a riddle for the programs inside. */
static void keep_paths(const struct host *host, struct policy *p, const struct env_row *row,
		       const char *value)
{
	for (const char *s = value; *s != '\0'; s += *s == ':') {
		size_t len = strcspn(s, ":");
		AUTO_FREE char *path = xstrndup(s, len);

		s += len;
		if (len == 0 || is_inside(host, p, path))
			continue;
		strv_addf(&p->notes, "%s is left out: %s is not inside (--extra-ro DIR shows it)", row->name,
			  path);
		return;
	}
	if (*value != '\0')
		put(p, row->name, value, true, xasprintf("env.def: %s", row->why));
}

/*
 * A proxy of the machine, and the login that may stand there: egress goes out by it and has one of its own, and without
 * a network there is no way to it. Only in the network of the host it is the programs' own to use.
 */
static bool is_lost_proxy(const struct policy *p, const char *name)
{
	size_t len = strlen(name);

	return !p->net_host && len > 6 && strcasecmp(name + len - 6, "_proxy") == 0;
}

static void keep_from_caller(const struct host *host, struct policy *p)
{
	for (char *const *e = host->env; *e != NULL; e++) {
		const char *eq = strchr(*e, '=');
		const struct env_row *row;
		AUTO_FREE char *name = NULL;

		if (eq == NULL || eq == *e)
			continue;
		name = xstrndup(*e, (size_t)(eq - *e));
		row = is_name(name) ? row_of(ENV_KIND_KEEP, name) : NULL;
		if (row != NULL && is_lost_proxy(p, name))
			continue;
		else if (row != NULL)
			put(p, name, eq + 1, true, xasprintf("env.def: %s", row->why));
		else if (row_of(ENV_KIND_PATHS, name) != NULL)
			keep_paths(host, p, row_of(ENV_KIND_PATHS, name), eq + 1);
		else if (strv_has(&p->keep, name))
			put(p, name, eq + 1, false, xstrdup("tools.def: where a toolchain is"));
	}
}

static int add_configured(const struct conf *conf, struct policy *p, struct diag *d)
{
	for (size_t i = 0; i < conf->env.n; i++) {
		const struct conf_item *item = &conf->env.item[i];
		const char *eq = strchr(item->value, '=');
		const struct env_row *row;
		AUTO_FREE char *name = NULL;

		if (eq == NULL || eq == item->value)
			return diag_set(d, -EINVAL, "%s: env: a variable needs a name", item->origin);
		name = xstrndup(item->value, (size_t)(eq - item->value));
		if (!is_name(name))
			return diag_set(d, -EINVAL, "%s: env: '%s' is not a variable's name", item->origin,
					name);
		row = row_of(ENV_KIND_REFUSE, name);
		if (row != NULL) {
			diag_set(d, -EINVAL, "%s: env %s is refused: it %s", item->origin, name, row->why);
			diag_try(d, "remove it");
			return d->code;
		}
		put(p, name, eq + 1, true, xasprintf("env, %s", item->origin));
	}
	return 0;
}

/* Whether PATH names the directory already. */
static bool path_has(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	for (; *path != '\0'; path += strcspn(path, ":"), path += *path == ':')
		if (strcspn(path, ":") == len && strncmp(path, dir, len) == 0)
			return true;
	return false;
}

static char *path_with(char *path, const char *dir, bool before)
{
	char *with;

	if (path_has(path, dir) && !before)
		return path;
	with = before ? xasprintf("%s:%s", dir, path) : xasprintf("%s:%s", path, dir);
	free(path);
	return with;
}

/* Whether a directory of the caller's PATH lies on a drive, or in a hidden directory: it is not there inside. */
static bool is_on_drive(const struct host *host, const struct policy *p, const char *dir)
{
	const struct host_node *n = host_find(host, dir);
	const char *real = n != NULL && n->real != NULL ? n->real : dir;

	for (size_t i = 0; i < p->nentry; i++)
		if (path_is_under(real, p->entry[i].path) && p->entry[i].part >= POLICY_PROJECT)
			return false;
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].access == POLICY_HIDDEN && p->entry[i].is_dir &&
		    path_is_under(real, p->entry[i].path))
			return true;
	return host_drive(host, real) != NULL && policy_tree(p, real) == NULL;
}

/* The caller's PATH without directories of Windows; *ret_left: how many those were. Owned. */
static char *path_of_caller(const struct host *host, const struct policy *p, const char *callers,
			    size_t *ret_left)
{
	char *path = xstrdup("");
	bool first = true;

	*ret_left = 0;
	for (const char *s = callers;; s++) {
		size_t len = strcspn(s, ":");
		AUTO_FREE char *dir = xstrndup(s, len);
		AUTO_FREE char *before = NULL;

		s += len;
		if (*dir == '/' && is_on_drive(host, p, dir)) {
			++*ret_left;
		} else {
			before = path;
			path = xasprintf("%s%s%s", before, first ? "" : ":", dir);
			first = false;
		}
		if (*s == '\0')
			break;
	}
	return path;
}

/* An agent that was not found through PATH comes last in it: its node may lie beside it. */
static void put_path(const struct host *host, struct policy *p)
{
	const char *callers = env_get(host->env, "PATH");
	AUTO_FREE char *dir = p->agent != NULL && !p->agent_in_path ? path_dirname(p->agent) : NULL;
	size_t left = 0;
	char *path;

	if (callers == NULL || *callers == '\0')
		callers = DEFAULT_PATH;
	path = p->path_only != NULL ? xstrdup(p->path_only) : path_of_caller(host, p, callers, &left);
	if (*path == '\0') {
		free(path);
		path = xstrdup(DEFAULT_PATH);
	}
	for (size_t i = p->path_before.n; i-- > 0;)
		path = path_with(path, p->path_before.v[i], true);
	for (size_t i = 0; p->path_only == NULL && i < p->path_after.n; i++)
		path = path_with(path, p->path_after.v[i], false);
	if (dir != NULL && p->path_only == NULL)
		path = path_with(path, dir, false);
	put(p, "PATH", path, false,
	    xasprintf("%s%s%s%s%s",
		      p->path_only != NULL ? "tools.def: the profile minimal" : "env.def: PATH of the caller",
		      left > 0 ? " without what lies on drives or is hidden" : "",
		      p->path_before.n > 0 ? ", after extra_path and packages" : "",
		      p->path_only == NULL && p->path_after.n > 0 ? ", before the home's toolchains" : "",
		      dir != NULL && p->path_only == NULL ? ", and where the agent is" : ""));
	free(path);
}

int env_build(const struct conf *conf, const struct host *host, struct policy *p, struct diag *d)
{
	int r;

	put_path(host, p);
	put(p, "HOME", p->home, false, xstrdup("the home keeps its path"));
	put(p, "USER", p->user, false, xstrdup("the user inside"));
	put(p, "LOGNAME", p->user, false, xstrdup("the user inside"));
	put(p, "SHELL", p->shell, false, xstrdup("the user's shell"));
	if (p->ssh_agent)
		put(p, "SSH_AUTH_SOCK", POLICY_SSH_AGENT, false, xstrdup("the ssh agent was asked for"));
	if (p->wsl && env_get(host->env, "WSL_INTEROP") != NULL)
		put(p, "WSL_INTEROP", env_get(host->env, "WSL_INTEROP"), false,
		    xstrdup("wsl_interop was asked for"));
	keep_from_caller(host, p);
	r = add_configured(conf, p, d);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct env_row *row = &rows[i];

		/* What LeakSanitizer needs is there. */
		if (streq(row->name, "ASAN_OPTIONS") && conf->value[CONFKEY_ALLOW_DEBUG].n > 0)
			continue;
		if (row->kind == ENV_KIND_NET && p->egress == POLICY_EGRESS_NONE)
			continue;
		if (row->kind == ENV_KIND_SET ||
		    ((row->kind == ENV_KIND_MAYBE || row->kind == ENV_KIND_NET) &&
		     find(p, row->name) == NULL))
			put(p, row->name, row->value, false, xasprintf("env.def: %s", row->why));
	}
	return 0;
}
