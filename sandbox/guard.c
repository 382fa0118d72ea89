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

#define FIRST_PERSON 1000
#define NOBODY	     65534
/* of a message */
#define MAX_ROWS     8

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

void guard_say_beside(const struct host_bwrap *b, struct diag *d)
{
	AUTO_FREE char *dir = path_dirname(b->beside);

	diag_set(d, -ENOENT, "bubblewrap (bwrap) is installed, and PATH does not lead to it: %s", b->beside);
	diag_try(d, "export PATH=\"$PATH:%s\"", dir);
}

int guard_host(const struct conf *conf, const struct host *h, struct diag *d)
{
	(void)conf;
	if (h->lone_root) {
		diag_set(d, -EPERM, HOST_LONE_ROOT);
		diag_try(d, HOST_LONE_ROOT_FIX);
		return d->code;
	}
	if (h->bwrap.path == NULL && h->bwrap.beside != NULL) {
		guard_say_beside(&h->bwrap, d);
		return d->code;
	}
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

/* A home that secrets can lie in: not those that accounts of daemons share with the system. */
static bool is_home(const char *path)
{
	if (*path != '/')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(system_trees); i++)
		if (path_is_under(path, system_trees[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(shared_dirs); i++)
		if (streq(path, shared_dirs[i]) && !streq(path, "/root"))
			return false;
	return true;
}

bool guard_home(const struct host *h)
{
	return is_home(h->home);
}

/* Adds the home of one line of the passwd file, if it is the caller's, root's or a person's. */
static void add_home(const char *line, const char *end, uid_t caller, bool own, struct strv *ret)
{
	const char *f[6] = { line };
	AUTO_FREE char *home = NULL;
	AUTO_FREE char *clean = NULL;
	unsigned long uid;
	int n = 1;

	for (const char *s = line; s < end && n < 6; s++)
		if (*s == ':')
			f[n++] = s + 1;
	if (n < 6 || f[2] >= f[3] - 1)
		return;
	uid = strtoul(f[2], NULL, 10);
	if ((uid == caller) != own || (uid != caller && uid != 0 && (uid < FIRST_PERSON || uid == NOBODY)))
		return;
	n = (int)strcspn(f[5], ":\n");
	home = xstrndup(f[5], (size_t)n);
	if (*home != '/')
		return;
	clean = path_clean("/", home);
	if (is_home(clean))
		strv_take(ret, TAKE_PTR(clean));
}

static void add_homes(const struct host *h, bool own, struct strv *ret)
{
	for (const char *line = h->passwd; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		add_home(line, line + strcspn(line, "\n"), h->uid, own, ret);
}

size_t guard_homes(const struct host *h, struct strv *ret)
{
	size_t own;

	if (*h->home != '\0')
		strv_add(ret, h->home);
	add_homes(h, true, ret);
	own = ret->n;
	add_homes(h, false, ret);
	return own;
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
	AUTO_STRV struct strv homes = { 0 };
	size_t own = guard_homes(h, &homes);

	if (is_windows_home(h, path))
		return "it holds the files of Windows users";
	for (size_t i = 0; i < own; i++)
		if (streq(path, homes.v[i]))
			return "it is your home directory";
	for (size_t i = 0; i < ARRAY_SIZE(shared_dirs); i++)
		if (streq(path, shared_dirs[i]))
			return "it holds more than one project";
	for (size_t i = 0; i < homes.n; i++) {
		if (streq(homes.v[i], path))
			return "it is the home directory of another user";
		if (path_is_under(homes.v[i], path))
			return i < own ? "your home directory lies in it"
				       : "the home directory of another user lies in it";
	}
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

/* Rows whose names fit a message, and how many there are. */
struct rows {
	char text[192];
	size_t used, n;
};

static void name_row(struct rows *r, const char *id)
{
	size_t room = sizeof(r->text) - r->used;
	int w;

	if (r->n++ >= MAX_ROWS)
		return;
	w = snprintf(r->text + r->used, room, "%s%s", r->used > 0 ? ", " : "", id);
	r->used += w > 0 && (size_t)w < room ? (size_t)w : 0;
}

static void uncovered_of(const struct host *h, const char *home, const char *path, bool existing,
			 struct rows *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(creds); i++) {
		AUTO_FREE char *cred = path_join(home, creds[i].path);
		const char *real = real_cred(h, cred);
		const struct host_node *node = host_find(h, cred);

		if (streq(path, cred) || streq(path, real) ||
		    (!path_is_under(cred, path) && !path_is_under(real, path)))
			continue;
		/* Of another home it is not known: it may be there. */
		if (!existing || node == NULL || node->type != HOST_ABSENT)
			name_row(ret, creds[i].id);
	}
}

/* How many have no room, behind those that have. */
static void end_rows(struct rows *r)
{
	if (r->n > MAX_ROWS)
		snprintf(r->text + r->used, sizeof(r->text) - r->used, " and %zu more", r->n - MAX_ROWS);
}

/*
 * Names of the rows that showing `path` would uncover without naming them; ""
 * when none. existing: only of those that are there.
 */
static void uncovered(const struct host *h, const char *path, bool existing, struct rows *ret)
{
	AUTO_STRV struct strv homes = { 0 };

	*ret = (struct rows){ 0 };
	guard_homes(h, &homes);
	for (size_t i = 0; i < homes.n; i++) {
		bool near = path_is_under(path, homes.v[i]) || path_is_under(homes.v[i], path);

		/* Links lead out of a home whose rows were looked at. */
		if (!near && !streq(homes.v[i], h->home))
			continue;
		if (i > 0 && streq(homes.v[i], homes.v[0]))
			continue;
		uncovered_of(h, homes.v[i], path, existing, ret);
	}
	end_rows(ret);
}

/* The row that `path` is, or lies in; NULL when none. */
const char *guard_cred(const struct host *h, const char *path)
{
	AUTO_STRV struct strv homes = { 0 };

	guard_homes(h, &homes);
	for (size_t k = 0; k < homes.n; k++) {
		if (!path_is_under(path, homes.v[k]) && !streq(homes.v[k], h->home))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(creds); i++) {
			AUTO_FREE char *cred = path_join(homes.v[k], creds[i].path);

			if (guard_touches(path, cred) || guard_touches(path, real_cred(h, cred)))
				return creds[i].id;
		}
	}
	return NULL;
}

const char *guard_state(const struct host *h, const char *path)
{
	const char *why = not_for_writing(h, path);
	struct rows rows;

	if (why != NULL)
		return why;
	uncovered(h, path, false, &rows);
	return rows.n > 0 || guard_cred(h, path) != NULL ? "credentials lie in it" : NULL;
}

int guard_project(const struct conf *conf, const struct host *h, const struct host_node *project,
		  struct diag *d)
{
	const char *why, *row;
	struct rows rows;

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
	row = guard_cred(h, project->real);
	uncovered(h, project->real, true, &rows);
	if (row != NULL || rows.n > 0) {
		diag_set(d, -EPERM, "%s can't be the project: it holds credentials (%s)", project->real,
			 row != NULL ? row : rows.text);
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
	struct rows rows;

	if (n == NULL || n->real == NULL) {
		diag_set(d, -ENOENT, "%s: %s does not exist", item->origin, item->value);
		diag_try(d, "an existing path, or remove it");
		return d->code;
	}
	if (n->real_type != HOST_DIR && n->real_type != HOST_FILE)
		return diag_set(d, -EINVAL, "%s: %s is neither a file nor a directory", item->origin,
				n->real);
	uncovered(h, n->real, false, &rows);
	if (rows.n > 0) {
		diag_set(d, -EPERM, "%s: %s would uncover credentials: %s", item->origin, n->real, rows.text);
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
