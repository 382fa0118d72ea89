/* SPDX-License-Identifier: MIT */
#include "trust.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "conffile.h"
#include "mem.h"
#include "owner.h"
#include "path.h"
#include "util.h"

/* As the kernel counts. */
#define MAX_LINKS   40
#define TRUST_STAFF 50

/* Links in these are the system's: no sandbox can make one there. */
static const char *const system_trees[] = {
	"/bin",	   "/dev", "/etc",  "/gnu", "/lib",  "/lib32", "/lib64",
	"/libx32", "/nix", "/proc", "/run", "/sbin", "/sys",   "/usr",
};

/* One way through the file system, link by link. */
struct walk {
	char *at;      /* owned; where it is, no link in it */
	char *here;    /* owned; the place looked at last, no link above it; there may be nothing */
	char *rest;    /* owned; what is still to go */
	char *link;    /* owned; the first link that somebody but the system made, NULL: none */
	char *foreign; /* owned; the first one of another user */
	char *outer;   /* owned; the link that it follows or followed last, the outermost of a chain */
	size_t tail;   /* what is to go after that link, in bytes; with none more than any path */
	uid_t uid;
	dev_t dev; /* of what is at `here`; ino 0: nothing */
	ino_t ino;
};

static void walk_done(struct walk *w)
{
	free(w->at);
	free(w->here);
	free(w->rest);
	free(w->link);
	free(w->foreign);
	free(w->outer);
}

static struct walk walk_start(const char *path)
{
	return (struct walk){
		.at = xstrdup("/"),
		.rest = path_clean("/", path),
		.uid = getuid(),
		.tail = SIZE_MAX,
	};
}

static size_t walk_left(const char *rest)
{
	return strlen(rest + strspn(rest, "/"));
}

/* Whether what is still to go is, in part, what a link says. */
static bool walk_in_link(const struct walk *w)
{
	return walk_left(w->rest) > w->tail;
}

static void walk_judge(struct walk *w, const char *link, uid_t owner)
{
	AUTO_FREE char *dir = path_dirname(link);
	bool roots = owner_is_root(owner);

	for (size_t i = 0; i < ARRAY_SIZE(system_trees); i++)
		if (path_is_under(link, system_trees[i]))
			return;
	/* What a sandbox of root's leaves in a project is root's; but none can write to "/" or /var. */
	if (roots && (w->uid != 0 || streq(dir, "/") || streq(dir, "/var")))
		return;
	if (w->link == NULL)
		w->link = xstrdup(link);
	if (!roots && owner != w->uid && w->foreign == NULL)
		w->foreign = xstrdup(link);
}

/* Follows the link `here`; false where that can't be read. */
static bool walk_follow(struct walk *w, const char *rest)
{
	char target[PATH_MAX];
	ssize_t len = readlink(w->here, target, sizeof(target) - 1);

	if (len <= 0)
		return false;
	target[len] = '\0';
	if (!walk_in_link(w)) {
		free(w->outer);
		w->outer = xstrdup(w->here);
		w->tail = walk_left(rest);
	}
	if (*target == '/') {
		free(w->at);
		w->at = xstrdup("/");
	}
	free(w->rest);
	w->rest = xasprintf("%s/%s", target, rest);
	return true;
}

/* Goes one name on. False at the end, or where nothing is: that name is then left in `rest`. */
static bool walk_step(struct walk *w)
{
	size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");
	AUTO_FREE char *name = xstrndup(w->rest + skip, n);
	AUTO_FREE char *rest = xstrdup(w->rest + skip + n);
	struct stat st;

	if (n == 0)
		return false;
	free(w->here);
	w->here = path_clean(w->at, name);
	w->ino = 0;
	if (lstat(w->here, &st) < 0)
		return false;
	w->dev = st.st_dev;
	w->ino = st.st_ino;
	if (S_ISLNK(st.st_mode)) {
		walk_judge(w, w->here, st.st_uid);
		return walk_follow(w, rest);
	}
	free(w->rest);
	w->rest = TAKE_PTR(rest);
	free(w->at);
	w->at = xstrdup(w->here);
	return true;
}

static int check_way(struct policy *p, const char *given, const char *origin, struct diag *d)
{
	struct walk w = walk_start(given);
	size_t names = 0;
	int r = 0;

	while (names++ < MAX_LINKS * 64 && walk_step(&w))
		;
	if (w.foreign != NULL) {
		r = diag_set(d, -EPERM, "%s: %s leads to %s by a link of another user, %s", origin, given,
			     w.at, w.foreign);
		diag_try(d, "%s itself, if that is what you mean", w.at);
	} else if (w.link != NULL) {
		strv_addf(&p->weaker, "%s: %s leads to %s by a link that a sandbox could have made, %s",
			  origin, given, w.at, w.link);
	}
	walk_done(&w);
	return r;
}

static int check_ways(struct policy *p, const struct conf_list *list, struct diag *d)
{
	int r = 0;

	for (size_t i = 0; i < list->n && r == 0; i++)
		r = check_way(p, list->item[i].value, list->item[i].origin, d);
	return r;
}

/* This program and its parts. In its own build tree that is said, not refused: who works on it tests it there. */
static int check_program(struct policy *p, struct diag *d)
{
	AUTO_FREE char *build = path_join(p->project, "build");
	char *const real[] = { realpath("/proc/self/exe", NULL), realpath(p->init, NULL) };
	bool said = false;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(real) && r == 0; i++) {
		const struct policy_entry *e = real[i] != NULL ? policy_written(p, real[i]) : NULL;

		if (e == NULL)
			continue;
		if (e->part != POLICY_PROJECT || !path_is_under(real[i], build)) {
			r = diag_set(d, -EPERM,
				     "%s lies in %s, which the sandbox can write: the next launch would run "
				     "what it left there",
				     real[i], e->path);
			diag_try(d, "an installed claude-sandbox outside of it (make install)");
		} else if (!said) {
			strv_addf(
			    &p->weaker,
			    "%s lies in the project: the next launch runs what the sandbox leaves there",
			    real[i]);
			said = true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(real); i++)
		free(real[i]);
	return r;
}

/* Debian's administrators of /usr/local, who own its directories by policy. */
static bool trust_is_staffs(const char *path, const struct stat *st)
{
	return S_ISDIR(st->st_mode) && owner_is_root(st->st_uid) && st->st_gid == TRUST_STAFF &&
	       path_is_under(path, "/usr/local");
}

static int trust_part(const char *path, struct diag *d)
{
	struct stat st;
	char word[DIAG_WORD];

	/* What is missing is said by who needs it. */
	if (stat(path, &st) < 0)
		return 0;
	if (!owner_is_root(st.st_uid) && st.st_uid != geteuid()) {
		diag_set(d, -EPERM,
			 "%s belongs to another user (uid %u), who could put anything there for you to run",
			 path, st.st_uid);
		diag_try(d, "an installation of your own or of root's (make install)");
		return d->code;
	}
	if ((st.st_mode & S_IWOTH) != 0 || (owner_lets_group(&st) && !trust_is_staffs(path, &st))) {
		diag_set(d, -EPERM, "%s may be changed by %s, who could put anything there for you to run",
			 path, (st.st_mode & S_IWOTH) != 0 ? "everybody" : "its group");
		diag_try(d, "chmod go-w %s", diag_word(word, sizeof(word), path));
		return d->code;
	}
	return 0;
}

int trust_parts(const char *libexec, struct diag *d)
{
	static const char *const parts[] = { ".",      "init",		"suite",
					     "probes", "probes/driver", "probes/MANIFEST" };
	AUTO_FREE char *bin = NULL;
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int r;

	if (n <= 0)
		return diag_errno(d, -errno, "/proc/self/exe");
	exe[n] = '\0';
	bin = path_dirname(exe);
	r = trust_part(exe, d);
	if (r == 0)
		r = trust_part(bin, d);
	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++) {
		AUTO_FREE char *path = path_join(libexec, parts[i]);

		r = trust_part(path, d);
	}
	return r;
}

/* Against an installation that is not of one piece. The suite compares all of it. */
static int check_init(const char *path, struct diag *d)
{
	struct stat st;

	/* What is missing is said by bwrap. */
	if (stat(path, &st) < 0 || (unsigned long long)st.st_size == build_init_bytes)
		return 0;
	diag_set(d, -EPERM, "%s is another one than this claude-sandbox was built with", path);
	diag_try(d, "make install");
	return d->code;
}

/* What the sandbox writes to, by any name that a link or a mount of the host's gives it. NULL: nothing that is there. */
static struct stat *stat_sources(const struct policy *p)
{
	struct stat *st = xcalloc(p->nentry + 1, sizeof(*st));

	for (size_t i = 0; i < p->nentry; i++)
		if (!policy_is_source(&p->entry[i]) || stat(p->entry[i].src, &st[i]) < 0)
			st[i].st_ino = 0;
	return st;
}

static const struct policy_entry *is_source(const struct walk *w, const struct policy *p,
					    const struct stat *source)
{
	for (size_t i = 0; i < p->nentry && w->ino != 0; i++)
		if (source[i].st_ino == w->ino && source[i].st_dev == w->dev)
			return &p->entry[i];
	return NULL;
}

/*
 * Goes to the end, or to the first place that the sandbox can write: there it could make, remove or turn
 * the next name. What isn't there yet counts as the place where it would be.
 */
static const struct policy_entry *walk_written(struct walk *w, const struct policy *p)
{
	AUTO_FREE struct stat *source = stat_sources(p);
	const struct policy_entry *e = NULL;
	bool more = true;

	for (size_t names = 0; e == NULL && more && names < MAX_LINKS * 64; names++) {
		more = walk_step(w);
		e = w->here != NULL ? policy_written(p, w->here) : NULL;
		e = e != NULL ? e : is_source(w, p, source);
	}
	if (e == NULL && walk_left(w->rest) > 0) {
		free(w->here);
		w->here = path_join(w->at, w->rest);
		e = policy_written(p, w->here);
	}
	return e;
}

/* The name of the host's by which path lies in it; NULL: by none, something on the way to it does. */
static const char *lies_in(const char *path, const struct policy_entry *e)
{
	return path_is_under(path, e->path)			    ? e->path
	       : policy_is_source(e) && path_is_under(path, e->src) ? e->src
								    : NULL;
}

static int refuse_config(const char *path, const char *place, const struct policy_entry *e, bool usual,
			 struct diag *d)
{
	const char *direct = lies_in(path, e);
	char word[DIAG_WORD];

	if (direct != NULL)
		diag_set(d, -EPERM,
			 "the config file %s lies in %s, which the sandbox can write: it would set up the "
			 "next launch",
			 path, direct);
	else
		diag_set(d, -EPERM,
			 "the config file %s is reached by %s, which the sandbox can write: it would set up "
			 "the next launch",
			 path, place);
	if (usual)
		diag_try(d, "move the config out of %s%s, or another project",
			 diag_word(word, sizeof(word), direct != NULL ? direct : e->path),
			 direct != NULL ? "" : " (a link leads there)");
	else
		diag_try(d, "a config file elsewhere (--config FILE), or another project");
	return d->code;
}

/* The accepted findings: read by the next test, so no sandbox may write them, nor turn a link on the way there. */
static int check_waivers(const struct conf *conf, const struct policy *p, struct diag *d)
{
	struct walk w;
	const struct policy_entry *e;
	int r = 0;

	if (conf->waivers == NULL)
		return 0;
	w = walk_start(conf->waivers);
	e = walk_written(&w, p);
	if (e != NULL) {
		const char *direct = lies_in(conf->waivers, e);

		r = diag_set(d, -EPERM,
			     "the waivers %s (%s) %s %s, which the sandbox can write: it could excuse what "
			     "the next test finds",
			     conf->waivers, conf->waivers_origin,
			     direct != NULL ? "lie in" : "are reached by", direct != NULL ? direct : w.here);
		diag_try(d, "a file elsewhere, or another project");
	}
	walk_done(&w);
	return r;
}

/* A config file, and every place on the way to it. `missing`: it was looked for, and not found. */
static int check_config(const struct policy *p, const char *file, bool usual, bool missing, struct diag *d)
{
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	AUTO_FREE char *path = path_clean(cwd != NULL ? cwd : "/", file);
	struct walk w = walk_start(path);
	const struct policy_entry *e = walk_written(&w, p);
	int r = 0;

	if (e != NULL) {
		r = refuse_config(path, w.here, e, usual, d);
	} else if (missing && walk_in_link(&w) && walk_left(w.rest) > 0) {
		/* Not the same as none: what it sets, masks for one, would be gone without a word. */
		r = diag_set(d, -ENOENT, "the config file %s: the link %s leads to nothing", path, w.outer);
		diag_try(d, "mend or remove the link, or --no-config");
	}
	walk_done(&w);
	return r;
}

/* The file that was read, and the usual one: a later launch may go without --config. */
static int check_configs(const struct conf *conf, char *const *env, const struct policy *p, struct diag *d)
{
	const char *xdg = env_get(env, "XDG_CONFIG_HOME"), *home = env_get(env, "HOME");
	AUTO_FREE char *usual = NULL;
	int r = 0;

	if (xdg != NULL && *xdg == '/')
		usual = path_join(xdg, "claude-sandbox/config.json");
	else if (home != NULL && *home == '/')
		usual = path_join(home, ".config/claude-sandbox/config.json");
	if (conf->config_file != NULL && (usual == NULL || !streq(conf->config_file, usual)))
		r = check_config(p, conf->config_file, false, false, d);
	return r == 0 && usual != NULL ? check_config(p, usual, true, conf->config_missing, d) : r;
}

int trust_file(const struct policy *policy, const char *path, struct diag *d)
{
	struct walk w = walk_start(path);
	const struct policy_entry *e = walk_written(&w, policy);
	int r = 0;

	if (e != NULL && lies_in(path, e) != NULL)
		r = diag_set(d, -EPERM, "%s lies in %s, which the sandbox can write", path, lies_in(path, e));
	else if (e != NULL)
		r = diag_set(d, -EPERM, "%s is reached by %s, which the sandbox can write", path, w.here);
	else if (w.foreign != NULL)
		r = diag_set(d, -EPERM, "%s is reached by a link of another user, %s", path, w.foreign);
	if (r < 0)
		diag_try(d, "a place outside of the project and of writable binds");
	walk_done(&w);
	return r;
}

int trust_check(const struct conf *conf, char *const *env, struct policy *policy, struct diag *d)
{
	AUTO_FREE char *unread = path_join(policy->project, CONFFILE_PROJECT);
	AUTO_FREE char *libexec = path_dirname(policy->init);
	struct stat st;
	int r = check_way(policy, conf->project, "project", d);

	if (r == 0)
		r = check_ways(policy, &conf->extra_bind, d);
	if (r == 0)
		r = check_ways(policy, &conf->extra_ro, d);
	if (r == 0)
		r = check_program(policy, d);
	if (r == 0)
		r = trust_parts(libexec, d);
	if (r == 0)
		r = check_init(policy->init, d);
	if (r == 0)
		r = check_configs(conf, env, policy, d);
	if (r == 0)
		r = check_waivers(conf, policy, d);
	if (r == 0 && policy->egress_log != NULL)
		r = trust_file(policy, policy->egress_log, d);
	if (r == 0 && policy->flows != NULL)
		r = trust_file(policy, policy->flows, d);
	/* It runs outside. */
	if (r == 0 && policy->mitmdump != NULL)
		r = trust_file(policy, policy->mitmdump, d);
	if (r == 0 && policy->session_report != NULL)
		r = trust_file(policy, policy->session_report, d);
	if (r == 0 && conf->no_config && lstat(unread, &st) == 0)
		strv_addf(&policy->weaker, "%s, which can only tighten, is not read (--no-config)", unread);
	return r;
}
