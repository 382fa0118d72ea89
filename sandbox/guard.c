/* SPDX-License-Identifier: MIT */
/* Guard rails: what may not be a project, what may not be bound. Pure. */
#include "guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostbwrap.h"
#include "mem.h"
#include "path.h"
#include "util.h"

static const struct {
	const char *id, *path;
} creds[] = {
#define CRED(id, path, kind, title) { #id, path },
#include "data/creds.def"
#undef CRED
};

/* Trees of the system: neither they nor anything in them is a project or a writable bind. */
static const char *const system_trees[] = {
	"/bin",	   "/boot", "/dev",  "/etc",  "/lib", "/lib32", "/lib64",
	"/libx32", "/nix",  "/proc", "/sbin", "/sys", "/usr",	"/gnu",
};
/* Directories that hold everybody's things: not themselves, but a directory in them may be. */
static const char *const shared_dirs[] = {
	"/",	"/home", "/media",   "/mnt",	 "/opt",     "/root",	 "/run",       "/srv",
	"/tmp", "/var",	 "/var/lib", "/var/log", "/var/run", "/var/tmp", "/var/cache",
};

int guard_host(const struct conf *conf, const struct host *h, struct diag *d)
{
	(void)conf;
	if (h->bwrap.path == NULL) {
		diag_set(d, -ENOENT, "bubblewrap (bwrap) is not installed: it builds the sandbox");
		diag_try(d, "apt-get install bubblewrap (or your distribution's package of that name)");
		return d->code;
	}
	if (h->bwrap.odd_place) {
		diag_set(d, -EPERM, "%s is not run: " HOSTBWRAP_ODD, h->bwrap.path);
		diag_try(d, "your distribution's bubblewrap, in /usr/bin; /usr/bin in PATH");
		return d->code;
	}
	if (!h->bwrap.as_pid_1 || !h->bwrap.perms) {
		diag_set(d, -ENOTSUP, "%s is too old: it knows no %s (bubblewrap 0.5 has it)", h->bwrap.path,
			 h->bwrap.as_pid_1 ? "--perms" : "--as-pid-1");
		diag_try(d, "install bubblewrap 0.8 or newer");
		return d->code;
	}
	return 0;
}

bool guard_home(const struct host *h)
{
	if (*h->home != '/')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(system_trees); i++)
		if (path_is_under(h->home, system_trees[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(shared_dirs); i++)
		if (streq(h->home, shared_dirs[i]) && !streq(h->home, "/root"))
			return false;
	return true;
}

/* Home directory of uid in passwd text; owned, NULL when there is none. */
static char *passwd_home(const char *passwd, uid_t uid)
{
	for (const char *line = passwd; *line != '\0'; line = *line != '\0' ? line + 1 : line) {
		const char *end = strchrnul(line, '\n');
		const char *f[6] = { line };
		int n = 1;

		for (const char *s = line; s < end && n < 6; s++)
			if (*s == ':')
				f[n++] = s + 1;
		if (n == 6 && strtoul(f[2], NULL, 10) == uid && f[2] < f[3] - 1) {
			const char *stop = memchr(f[5], ':', (size_t)(end - f[5]));

			return xstrndup(f[5], (size_t)((stop != NULL ? stop : end) - f[5]));
		}
		line = end;
	}
	return NULL;
}

/* A Windows drive as WSL mounts it, its Users folder, or the folder of one user. */
static bool is_windows_home(const struct host *h, const char *path)
{
	for (size_t i = 0; i < h->drives.n; i++) {
		AUTO_FREE char *users = path_join(h->drives.v[i], "Users");
		AUTO_FREE char *parent = path_dirname(path);

		if (streq(path, h->drives.v[i]) || streq(path, users) || streq(parent, users))
			return true;
	}
	return false;
}

/* Why `path` can't be handed over for writing, or NULL. */
static const char *not_for_writing(const struct host *h, const char *path)
{
	AUTO_FREE char *account = passwd_home(h->passwd, h->uid);
	bool has_account = account != NULL && *account == '/' && !streq(account, "/");

	if (is_windows_home(h, path))
		return "it holds the files of Windows users";
	if (streq(path, h->home) || (has_account && streq(path, account)))
		return "it is your home directory";
	for (size_t i = 0; i < ARRAY_SIZE(shared_dirs); i++)
		if (streq(path, shared_dirs[i]))
			return "it holds more than one project";
	if ((*h->home != '\0' && path_is_under(h->home, path)) ||
	    (has_account && path_is_under(account, path)))
		return "your home directory lies in it";
	for (size_t i = 0; i < ARRAY_SIZE(system_trees); i++)
		if (path_is_under(path, system_trees[i]))
			return "it belongs to the system";
	return NULL;
}

bool guard_touches(const char *path, const char *cred)
{
	return path_is_under(path, cred);
}

/* Where the secrets of a row really are: people keep ~/.ssh as a link into another directory. Borrowed. */
static const char *real_cred(const struct host *h, const char *cred)
{
	const struct host_node *n = host_find(h, cred);

	return n != NULL && n->real != NULL ? n->real : cred;
}

/*
 * Names of the rows that showing `path` would uncover without naming them; ""
 * when none. existing: only of those that are there.
 */
static void uncovered(const struct host *h, const char *path, bool existing, char *buf, size_t n)
{
	size_t used = 0, rows = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(creds) && *h->home != '\0'; i++) {
		AUTO_FREE char *cred = path_join(h->home, creds[i].path);
		const char *real = real_cred(h, cred);
		const struct host_node *node = host_find(h, cred);
		int w;

		if (streq(path, cred) || streq(path, real) ||
		    (!path_is_under(cred, path) && !path_is_under(real, path)))
			continue;
		if (existing && (node == NULL || node->type == HOST_ABSENT))
			continue;
		if (rows++ >= 8) {
			snprintf(buf + used, n - used, ", ...");
			return;
		}
		w = snprintf(buf + used, n - used, "%s%s", used > 0 ? ", " : "", creds[i].id);
		if (w < 0 || (size_t)w >= n - used)
			return;
		used += (size_t)w;
	}
}

/* The row that `path` is, or lies in; NULL when none. */
static const char *cred_at(const struct host *h, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(creds) && *h->home != '\0'; i++) {
		AUTO_FREE char *cred = path_join(h->home, creds[i].path);

		if (guard_touches(path, cred) || guard_touches(path, real_cred(h, cred)))
			return creds[i].id;
	}
	return NULL;
}

int guard_project(const struct conf *conf, const struct host *h, const struct host_node *project,
		  struct diag *d)
{
	const char *why, *row;
	char rows[192];

	if (project == NULL || project->real == NULL) {
		diag_set(d, -ENOENT, "%s: no such directory", conf->project);
		if (conf->project_given)
			diag_try(d, "an existing directory; to run a command: claude-sandbox -- COMMAND");
		return d->code;
	}
	if (project->real_type != HOST_DIR) {
		diag_set(d, -ENOTDIR, "%s is not a directory", conf->project);
		diag_try(d, "the project's directory; to run a command: claude-sandbox -- COMMAND");
		return d->code;
	}
	why = not_for_writing(h, project->real);
	if (why != NULL) {
		diag_set(d, -EPERM, "%s can't be the project: %s", project->real, why);
		diag_try(d, "a directory of its own for the project");
		return d->code;
	}
	row = cred_at(h, project->real);
	uncovered(h, project->real, true, rows, sizeof(rows));
	if (row != NULL || rows[0] != '\0') {
		diag_set(d, -EPERM, "%s can't be the project: it holds credentials (%s)", project->real,
			 row != NULL ? row : rows);
		diag_try(d, "a directory of its own for the project");
		return d->code;
	}
	return 0;
}

int guard_bind(const struct policy *p, const struct host *h, const struct conf_item *item,
	       const struct host_node *n, enum policy_access access, struct diag *d)
{
	static const char *const never[] = { "/proc", "/sys", "/dev" };
	const char *why = NULL;
	char rows[192];

	if (n == NULL || n->real == NULL) {
		diag_set(d, -ENOENT, "%s: %s does not exist", item->origin, item->value);
		diag_try(d, "an existing path, or remove it");
		return d->code;
	}
	if (n->real_type != HOST_DIR && n->real_type != HOST_FILE)
		return diag_set(d, -EINVAL, "%s: %s is neither a file nor a directory", item->origin,
				n->real);
	uncovered(h, n->real, false, rows, sizeof(rows));
	if (rows[0] != '\0') {
		diag_set(d, -EPERM, "%s: %s would uncover credentials: %s", item->origin, n->real, rows);
		diag_try(d, "name the directories in it that are needed");
		return d->code;
	}
	if (access == POLICY_WRITE)
		why = not_for_writing(h, n->real);
	else if (streq(n->real, "/") || streq(n->real, "/run") || path_is_under(p->home, n->real))
		why = "it holds everything";
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (path_is_under(n->real, never[i]))
			why = "it is the kernel's";
	if (streq(n->real, p->project))
		why = "it is the project";
	if (why != NULL)
		return diag_set(d, -EPERM, "%s: %s can't be bound: %s", item->origin, n->real, why);
	return 0;
}

/* The writable tree that `path` lies in and `real` does not; NULL: none. */
static const char *leaves(const struct conf *conf, const struct policy *p, const struct host *h,
			  const char *path, const char *real)
{
	if (path_is_under(path, p->project) && !path_is_under(real, p->project))
		return p->project;
	for (size_t i = 0; i < conf->extra_bind.n; i++) {
		const struct host_node *n = host_find(h, conf->extra_bind.item[i].value);

		if (n != NULL && n->real != NULL && path_is_under(path, n->real) &&
		    !path_is_under(real, n->real))
			return n->real;
	}
	return NULL;
}

int guard_planted(const struct conf *conf, const struct policy *p, const struct host *h,
		  const struct conf_item *item, const char *real, struct diag *d)
{
	AUTO_FREE char *path = path_clean("/", item->value);

	for (char *s = path + 1;; s++) {
		AUTO_FREE char *name = NULL;
		AUTO_FREE char *place = NULL;
		AUTO_FREE char *target = NULL;
		const struct host_node *n, *parent;
		AUTO_FREE char *dir = NULL;
		const char *tree;

		if (*s != '/' && *s != '\0')
			continue;
		name = xstrndup(path, (size_t)(s - path));
		dir = path_dirname(name);
		n = host_find(h, name);
		parent = host_find(h, dir);
		if (n != NULL && n->type == HOST_LINK) {
			place = path_join(parent != NULL && parent->real != NULL ? parent->real : dir,
					  path_basename(name));
			target =
			    path_clean(parent != NULL && parent->real != NULL ? parent->real : dir, n->link);
			tree = leaves(conf, p, h, place, real);
			if (tree == NULL)
				tree = leaves(conf, p, h, target, real);
			if (tree != NULL) {
				diag_set(d, -EPERM,
					 "%s: %s leads to %s by a link that the sandbox can write in %s",
					 item->origin, item->value, real, tree);
				diag_try(d, "%s itself, if that is what you mean", real);
				return d->code;
			}
		}
		if (*s == '\0')
			return 0;
	}
}
