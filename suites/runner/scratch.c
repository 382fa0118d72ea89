/* SPDX-License-Identifier: MIT */
/*
 * The scratch box: the user's own settings composed for a home full of
 * canaries and a project that nobody will miss.
 *
 * DOC: theory of operation
 * A child process goes into mount and ipc namespaces of its own (an ordinary
 * user needs a user namespace for that, with itself mapped on itself) and puts a
 * tmpfs over a directory that no box shows anyway. Everything is planted there
 * and ends with the process, however it ends. Started by root on a kernel that
 * can't idmap a tmpfs, a directory on disk takes its place and is removed by
 * scratch_clean.
 *
 * Two sites lie side by side, one for each arm, so that both can run at once. Beside them run two boxes more, of the
 * same settings but for a filtered network: they are asked the rows that need a host outside (outside.h). One has rules
 * for those hosts, the other has none.
 */
#include "runner/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "canary_cgroup.h"
#include "canary_tty.h"
#include "mem.h"
#include "netns.h"
#include "outside.h"
#include "path.h"
#include "spawn.h"
#include "strv.h"
#include "textfile.h"
#include "usershare.h"
#include "util.h"
#include "verify.h"

#define SCRATCH_UID	     65534 /* nobody: an account that every machine has */
#define SCRATCH_COMMANDS     "commands"
#define SCRATCH_DISK	     (64ULL << 30)
#define SCRATCH_ACCOUNTS_MAX ((size_t)16 << 20)

/* --- where */

static bool scratch_covers(const char *dir, const char *path)
{
	AUTO_FREE char *real = path != NULL ? realpath(path, NULL) : NULL;

	return path != NULL && (path_is_under(path, dir) || (real != NULL && path_is_under(real, dir)));
}

static bool scratch_covers_list(const char *dir, const struct conf_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (scratch_covers(dir, l->item[i].value))
			return true;
	}
	return false;
}

static bool scratch_usable(const struct suite *s, const char *dir)
{
	AUTO_FREE char *real = realpath(dir, NULL);
	struct stat st;

	return real != NULL && streq(real, dir) && stat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	       !scratch_covers(dir, s->conf.project) && !scratch_covers(dir, s->home) &&
	       !scratch_covers(dir, s->cwd) && !scratch_covers(dir, s->libexec) &&
	       !scratch_covers(dir, s->conf.config_file) && !scratch_covers_list(dir, &s->conf.extra_bind) &&
	       !scratch_covers_list(dir, &s->conf.extra_ro);
}

/* Identity-mapped tmpfs came with 6.3; the box of a project that belongs to root needs it. */
static bool scratch_needs_disk(const struct suite *s)
{
	struct stat st;
	int major = 0, minor = 0;
	FILE *f;

	if (geteuid() != 0 || stat(s->conf.project, &st) < 0 || st.st_uid != 0)
		return false;
	f = fopen("/proc/sys/kernel/osrelease", "re");
	if (f == NULL || fscanf(f, "%d.%d", &major, &minor) != 2)
		major = 0;
	if (f != NULL)
		fclose(f);
	return major < 6 || (major == 6 && minor < 3);
}

int scratch_choose(struct suite *s, struct diag *d)
{
	static const char *const dirs[] = { "/srv", "/mnt", "/media", "/home", "/boot", "/lost+found" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs) && s->scratch == NULL; i++) {
		if (scratch_usable(s, dirs[i]))
			s->scratch = xstrdup(dirs[i]);
	}
	if (s->scratch == NULL) {
		diag_set(d, -ENOENT, "no directory can be covered by the scratch area");
		diag_try(d, "mkdir /srv");
		return -ENOENT;
	}
	if (scratch_needs_disk(s)) {
		char *path = xasprintf("%s/.claude-sandbox.XXXXXX", s->scratch);

		if (mkdtemp(path) == NULL) {
			free(path);
			return diag_errno(d, -errno, "a scratch directory in %s", s->scratch);
		}
		s->disk = path;
	}
	return 0;
}

static int scratch_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

void scratch_clean(struct suite *s)
{
	if (s->disk != NULL)
		nftw(s->disk, scratch_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* --- namespaces */

static int scratch_write(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int scratch_own_user(void)
{
	AUTO_FREE char *uid = xasprintf("%u %u 1", geteuid(), geteuid());
	AUTO_FREE char *gid = xasprintf("%u %u 1", getegid(), getegid());
	int r;

	if (unshare(CLONE_NEWUSER) < 0)
		return -errno;
	r = scratch_write("/proc/self/setgroups", "deny");
	if (r < 0 && r != -ENOENT)
		return r;
	r = scratch_write("/proc/self/uid_map", uid);
	return r < 0 ? r : scratch_write("/proc/self/gid_map", gid);
}

static int scratch_enter(const struct suite *s, struct diag *d)
{
	pid_t parent = getppid();
	int r;

	if (geteuid() != 0) {
		r = scratch_own_user();
		if (r < 0) {
			diag_errno(d, r, "a user namespace for the scratch box");
			diag_try(d, "sysctl kernel.unprivileged_userns_clone user.max_user_namespaces "
				    "kernel.apparmor_restrict_unprivileged_userns");
			return r;
		}
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWIPC) < 0)
		return diag_errno(d, -errno, "a mount namespace for the scratch box");
	r = netns_enter(d);
	if (r < 0)
		return r;
	spawn_die_with(parent); /* the change of credentials cleared it */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return diag_errno(d, -errno, "making mounts private");
	if (s->disk != NULL)
		r = mount(s->disk, s->scratch, NULL, MS_BIND, NULL);
	else
		r = mount("claude-sandbox", s->scratch, "tmpfs", MS_NOSUID, "mode=0755,size=256m");
	if (r < 0)
		return diag_errno(d, -errno, "a scratch area on %s", s->scratch);
	return 0;
}

/*
 * A private tmpfs over a directory of which the scratch box needs nothing more.
 * Where it does, canaries go into the real directory, and are removed at the end.
 */
static void scratch_cover(const struct suite *s, const char *dir)
{
	if (scratch_covers(dir, s->libexec) || scratch_covers_list(dir, &s->conf.extra_bind) ||
	    scratch_covers_list(dir, &s->conf.extra_ro))
		return;
	if (mount("claude-sandbox", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0)
		return;
}

/* The probes under a name that every uid can reach; false: they stay where they are. */
static bool scratch_bind_probes(const struct suite *s, const char *dir)
{
	return mkdir(dir, 0755) == 0 && mount(s->probes, dir, NULL, MS_BIND | MS_REC, NULL) == 0;
}

/* --- settings */

static void scratch_conf_add(struct conf_list *l, const char *value)
{
	l->item = xrealloc_array(l->item, l->n + 1, sizeof(*l->item));
	l->item[l->n++] = (struct conf_item){ xstrdup(value), xstrdup("security test") };
}

static void scratch_conf_clear(struct conf_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].value);
		free(l->item[i].origin);
	}
	l->n = 0;
}

/* The user's own settings, pointed at the site. */
static int scratch_conf(const struct suite *s, const struct canary_site *site, bool mutant, struct conf *ret,
			struct diag *d)
{
	int r = conf_load(s->argc, s->argv, s->env, s->cwd, s->home, ret, d);

	if (r < 0)
		return r;
	free(ret->project);
	ret->project = xstrdup(site->project);
	ret->project_given = true;
	scratch_conf_add(&ret->extra_ro, site->ro_dir);
	scratch_conf_add(&ret->extra_ro, site->protected);
	/* Globs speak of the names in the user's project; a wide one would hide what the probes here look for. */
	scratch_conf_clear(&ret->mask);
	/* They need a listener of their own for system calls; what is blocked is tried in a box of its own. */
	scratch_conf_clear(&ret->blocked_commands);
	conf_set(ret, CONFKEY_DENIAL_LOG, 0, "security test");
	/* So do these: what the probes try there is what holds without them. */
	scratch_conf_clear(&ret->allow_autorun);
	/* It has an agent of its own, which must stay out of reach. */
	conf_set(ret, CONFKEY_SSH_AGENT, 0, "security test");
	/* The stricter one: a memory that is kept is written, as the user asked. */
	conf_set(ret, CONFKEY_CLAUDE_MEMORY, CONF_MEMORY_DROP, "security test");
	/* A mutant can take off only what is there. */
	if (mutant)
		conf_set(ret, CONFKEY_PROFILE, CONF_PROFILE_FULL, "security test");
	/* The control of a probe: so much no box fills, and every file system takes a byte there. */
	if (ret->limit[LIMIT_DISK].n == 0)
		conf_set_limit(ret, LIMIT_DISK, SCRATCH_DISK, "security test");
	/* They are built for the user's own home. */
	for (size_t i = 0; i < ARRAY_SIZE(ret->packages); i++)
		scratch_conf_clear(&ret->packages[i]);
	for (size_t i = 0; i < site->mask.n; i++)
		scratch_conf_add(&ret->mask, site->mask.v[i]);
	return 0;
}

/* It says where his own home has a toolchain. */
static bool scratch_is_of_home(const char *name)
{
	static const char *const variables[] = {
#define TOOLCHAIN(id, variable, base, directory, path, secrets, title) variable,
#include "data/tools.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (streq(variables[i], name))
			return true;
	return false;
}

/* The caller's environment with the site's home and its secret. */
static void scratch_env(const struct suite *s, const struct canary_site *site, struct strv *ret)
{
	strv_addf(ret, "HOME=%s", site->home);
	/* The first of a name holds. */
	for (size_t i = 0; i < site->env.n; i++)
		strv_add(ret, site->env.v[i]);
	for (char **e = s->env; *e != NULL; e++) {
		AUTO_FREE char *name = xstrndup(*e, strcspn(*e, "="));

		if (env_get(ret->v, name) == NULL && !scratch_is_of_home(name))
			strv_add(ret, *e);
	}
}

/* --- running */

/* A box with a filtered network. */
struct scratch_side {
	bool has; /* it is there; else nothing of the following */
	struct canary_site site;
	struct prepared prep;
	struct plan plan;
};

/* The one whose settings are the nearest to the user's comes first. */
static const struct {
	enum box_rows rows;
	enum outside_arm arm;
} scratch_sides[] = { { BOX_NOBODY, OUTSIDE_NOBODY }, { BOX_OUTSIDE, OUTSIDE_BOXED } };

#define SCRATCH_SIDES ARRAY_SIZE(scratch_sides)

struct scratch {
	struct scratch_job *job;
	const struct suite *s;
	struct canary_site boxed, open;
	struct scratch_side side[SCRATCH_SIDES];
	struct scratch_side *of_mutant; /* the one that it is tried in; NULL: the box of the settings */
	char *probes;
	struct conf conf;
	struct strv env;
	struct prepared prep;
	struct plan plan;
	struct prepared *tested; /* what a mutant is made of, and its plan: one of those above */
	struct plan *plan_tested;
	struct mutant_launch launch;
	bool keep_caps;
};

/*
 * The owner of the scratch area: that of the real project, so that the box gets
 * its identity the same way. For mutants never root: an idmapped box is kept
 * from root's files by their modes too, and one edit would show nothing.
 */
static int scratch_owner(const struct suite *s, bool mutant, uid_t *uid, gid_t *gid)
{
	struct stat st;

	*uid = geteuid();
	*gid = getegid();
	if (*uid != 0)
		return 0;
	if (stat(s->conf.project, &st) < 0)
		return -errno;
	*uid = mutant && st.st_uid == 0 ? SCRATCH_UID : st.st_uid;
	*gid = mutant && st.st_uid == 0 ? SCRATCH_UID : st.st_gid;
	return 0;
}

/* Started by root, some group that stays in force inside is the way to this file. */
static void scratch_group_file(struct scratch *x)
{
	for (size_t i = 0; geteuid() == 0 && i < x->prep.policy.ngroups; i++) {
		if (x->prep.policy.groups[i] == x->prep.policy.kernel_gid)
			continue;
		canary_group_file(&x->boxed, x->prep.policy.groups[i]);
		if (x->job->open != NULL)
			canary_group_file(&x->open, x->prep.policy.groups[i]);
		return;
	}
}

/* A directory that stands for a Windows drive, where the mounts of WSL are. */
static void scratch_drive(struct scratch *x)
{
	AUTO_FREE char *drive = NULL, *file = NULL;
	FILE *f;

	if (!streq(x->s->scratch, "/mnt") &&
	    (!scratch_usable(x->s, "/mnt") ||
	     mount("claude-sandbox", "/mnt", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0))
		return;
	drive = xstrdup("/mnt/c");
	file = path_join(drive, "canary");
	if (mkdir(drive, 0777) < 0)
		return;
	chmod(drive, 0777);
	f = fopen(file, "we");
	if (f == NULL)
		return;
	/* One drive for both arms: it holds the text of each. */
	fprintf(f, "%s\n%s\n", x->boxed.text, x->job->open != NULL ? x->open.text : "");
	fclose(f);
	canary_input(&x->boxed, "CANARY_DRIVE", drive);
	if (x->job->open != NULL)
		canary_input(&x->open, "CANARY_DRIVE", drive);
}

/* What stands for the host's /tmp and /dev/shm. */
static void scratch_shared(struct scratch *x)
{
	scratch_cover(x->s, "/tmp");
	scratch_cover(x->s, "/dev/shm");
	canary_plant_shared(&x->boxed);
	if (x->job->open != NULL)
		canary_plant_shared(&x->open);
}

/*
 * The host's accounts, for a box that is to show them, and the box's user among them: the host may have no account of
 * that uid, and then would a program fail that needs its name.
 */
static int scratch_accounts(struct scratch *x, struct diag *d)
{
	const struct policy *p = &x->prep.policy;
	AUTO_CLOSE int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	AUTO_FREE char *path = path_join(x->boxed.base, "etc/passwd");
	AUTO_FREE char *host = NULL, *text = NULL;
	struct stat st;
	int r;

	if (fd >= 0)
		host = textfile_read(fd, SCRATCH_ACCOUNTS_MAX, &st);
	/* A minimal root may have none. */
	if (host == NULL && (fd >= 0 || errno != ENOENT))
		return diag_errno(d, -errno, "/etc/passwd");
	text = xasprintf("%s\n%s:x:%u:%u::%s:/bin/sh", host != NULL ? host : "", p->user, p->uid, p->gid,
			 p->home);
	r = canary_file(&x->boxed, path, 0644, text);
	return r < 0 ? diag_errno(d, r, "%s", path) : 0;
}

/* Commands that print the canary's text. */
static int scratch_commands(const struct canary_site *files, struct canary_site *site, struct diag *d)
{
	static const struct {
		const char *input, *name;
	} commands[] = { { OUTSIDE_INPUT "BLOCKED", SCRATCH_COMMANDS "/cs-blocked" },
			 { OUTSIDE_INPUT "WORDS", SCRATCH_COMMANDS "/cs-words" } };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		AUTO_FREE char *path = path_join(files->base, commands[i].name);
		AUTO_FREE char *text = xasprintf("#!/bin/sh\necho %s", site->text);
		int r = canary_file(files, path, 0755, text);

		if (r < 0)
			return diag_errno(d, r, "%s", path);
		canary_input(site, commands[i].input, path);
	}
	return 0;
}

/* The first as a whole, the other with words. */
static void scratch_block(const struct canary_site *files, struct conf *c)
{
	AUTO_FREE char *dir = path_join(files->base, SCRATCH_COMMANDS);

	scratch_conf_add(&c->extra_path, dir);
	scratch_conf_add(&c->blocked_commands, "cs-blocked");
	scratch_conf_add(&c->blocked_commands, "cs-words * delete * -xf *");
}

/* Why no box with a filtered network can be had here; NULL: one can. */
static const char *scratch_no_outside(const struct scratch *x)
{
	if (conf_net(&x->conf) == CONF_NET_HOST)
		return "the network of the host was asked for";
	if (!netns_has_outside())
		return "this kernel has no veth(4)";
	return access("/etc/resolv.conf", R_OK) < 0 ? "no such file as /etc/resolv.conf on this host" : NULL;
}

/* A mutant is tried in one box: that of the rows which kill it. */
static enum box_rows scratch_rows_of_mutant(const struct suite *s, const struct mutant *m)
{
	if (!mutant_is_outside(m))
		return BOX_INSIDE;
	for (size_t i = 0; i < s->manifest.n; i++)
		if (box_rows_of(&s->manifest.row[i]) == BOX_NOBODY &&
		    mutate_named(m->killed_by, s->manifest.row[i].id))
			return BOX_NOBODY;
	return BOX_OUTSIDE;
}

static bool scratch_wants_side(const struct scratch *x, enum box_rows rows)
{
	const struct manifest *m = &x->s->manifest;

	if (x->job->mutant != NULL || x->job->edited)
		return x->job->mutant != NULL && scratch_rows_of_mutant(x->s, x->job->mutant) == rows;
	for (size_t i = 0; i < m->n; i++)
		if (x->s->selected[i] && box_rows_of(&m->row[i]) == rows)
			return true;
	return false;
}

/* The commands that are blocked in the box with rules. */
static int scratch_plant_commands(struct scratch *x, struct canary_site *site, struct diag *d)
{
	int r = scratch_commands(&x->boxed, site, d);

	if (r == 0 && x->job->open != NULL)
		r = scratch_commands(&x->open, &x->open, d);
	if (r == 0)
		scratch_block(&x->boxed, &x->conf);
	return r;
}

static int scratch_side(struct scratch *x, size_t i, struct diag *d)
{
	struct scratch_side *side = &x->side[i];
	bool rules = scratch_sides[i].rows == BOX_OUTSIDE;
	int r;

	canary_apart(&side->site, &x->boxed);
	r = outside_plant(&side->site, scratch_sides[i].arm, &x->conf, d);
	/* Without the filter nobody is asked, and a launch with such patterns is refused. */
	if (r == 0 && rules && !x->conf.no_seccomp)
		r = scratch_plant_commands(x, &side->site, d);
	if (r < 0)
		return r;
	if (rules)
		outside_rules(&side->site, &x->conf);
	else
		outside_no_rules(&x->conf);
	side->has = true;
	if (x->job->mutant != NULL)
		x->of_mutant = side;
	return prepare(&x->conf, x->env.v, &side->prep, d);
}

/* The hosts outside, and the plans for who may reach some of them, or nobody. */
static int scratch_outside(struct scratch *x, struct diag *d)
{
	const char *why = scratch_no_outside(x);
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < SCRATCH_SIDES; i++)
		any |= scratch_wants_side(x, scratch_sides[i].rows);
	if (!any)
		return 0;
	if (why != NULL) {
		canary_input(&x->boxed, OUTSIDE_INPUT "WHY", why);
		canary_input(&x->open, OUTSIDE_INPUT "WHY", why);
		return 0;
	}
	if (x->job->open != NULL)
		r = outside_plant(&x->open, OUTSIDE_OPEN, &x->conf, d);
	for (size_t i = 0; i < SCRATCH_SIDES && r == 0; i++)
		if (scratch_wants_side(x, scratch_sides[i].rows))
			r = scratch_side(x, i, d);
	return r;
}

/* How large a file of the settings' box may get: a probe goes as far. */
static void scratch_limits(struct scratch *x)
{
	AUTO_FREE char *n = xasprintf("%llu", (unsigned long long)x->conf.limit[LIMIT_DISK].n);

	if (x->conf.limit[LIMIT_DISK].n == 0)
		return;
	canary_input(&x->boxed, "CANARY_DISK", n);
	if (x->job->open != NULL)
		canary_input(&x->open, "CANARY_DISK", n);
}

/* How many inotify instances the box may have: a probe wants one more. */
static void scratch_shares(struct scratch *x)
{
	struct usershare_outside outside;
	AUTO_FREE char *n = NULL;

	for (size_t i = 0; usershare_read(&outside) == 0 && i < LIMIT_USERS; i++) {
		if (!streq(limit_user(i)->name, "inotify-instances") || outside.most[i] == 0)
			continue;
		n = xasprintf("%ld", outside.most[i] * limit_user(i)->percent / 100);
		canary_input(&x->boxed, "CANARY_INOTIFY", n);
		if (x->job->open != NULL)
			canary_input(&x->open, "CANARY_INOTIFY", n);
		return;
	}
}

static void scratch_cgroups(struct scratch *x)
{
	canary_cgroup_plant(&x->boxed);
	if (x->job->open != NULL)
		canary_cgroup_plant(&x->open);
}

static int scratch_plant(struct scratch *x, struct diag *d)
{
	AUTO_FREE char *a = path_join(x->s->scratch, "boxed"), *b = path_join(x->s->scratch, "open");
	uid_t uid;
	gid_t gid;
	int r = scratch_owner(x->s, x->job->mutant != NULL || x->job->edited, &uid, &gid);

	if (r < 0)
		return diag_errno(d, r, "%s", x->s->conf.project);
	x->probes = path_join(x->s->scratch, "probes");
	if (!scratch_bind_probes(x->s, x->probes)) {
		free(x->probes);
		x->probes = xstrdup(x->s->probes);
	}
	r = canary_plant(&x->boxed, a, uid, gid, d);
	if (r < 0)
		return r;
	r = scratch_conf(x->s, &x->boxed, x->job->mutant != NULL, &x->conf, d);
	if (r < 0)
		return r;
	scratch_env(x->s, &x->boxed, &x->env);
	/* Before the drive exists: WSL's handling of drives must not depend on it. */
	r = prepare(&x->conf, x->env.v, &x->prep, d);
	if (r < 0)
		return r;
	if (x->job->mutant != NULL)
		r = scratch_accounts(x, d);
	if (r < 0)
		return r;
	/* The open arm runs as the box's uid without an idmapped mount, so that uid owns its site. */
	if (x->job->open != NULL)
		r = canary_plant(&x->open, b, x->prep.policy.kernel_uid, x->prep.policy.kernel_gid, d);
	if (r < 0)
		return r;
	scratch_limits(x);
	scratch_cgroups(x);
	scratch_shares(x);
	if (x->job->open != NULL)
		canary_tty_plant(&x->open);
	if (x->job->mutant != NULL && mutant_needs_terminal(x->job->mutant))
		canary_tty_plant(&x->boxed);
	scratch_group_file(x);
	r = scratch_outside(x, d);
	if (r < 0)
		return r;
	scratch_drive(x);
	scratch_shared(x);
	for (size_t i = 0; i < SCRATCH_SIDES && r == 0; i++)
		if (x->side[i].has)
			r = canary_start(&x->side[i].site, x->prep.policy.kernel_uid,
					 x->prep.policy.kernel_gid, d);
	if (r == 0)
		r = canary_start(&x->boxed, x->prep.policy.kernel_uid, x->prep.policy.kernel_gid, d);
	if (r == 0 && x->job->open != NULL)
		r = canary_start(&x->open, x->prep.policy.kernel_uid, x->prep.policy.kernel_gid, d);
	return r;
}

/* What no plan can say: bwrap drops all capabilities unless it is told otherwise. */
static const char *const caps_words[] = { "--cap-add", "ALL", NULL };
static const struct run_wrong caps_kept = { .bwrap = caps_words };

static int scratch_run_job(void *arg)
{
	box_run(arg);
	return 0;
}

/* Its mount namespace is its own where other boxes run beside it. */
static int scratch_run_outside(void *arg)
{
	struct box_job *job = arg;
	enum outside_arm at = job->rows == BOX_NOBODY ? OUTSIDE_NOBODY : OUTSIDE_BOXED;
	AUTO_FREE char *file = xasprintf("%s/resolv.conf.%d", job->suite->scratch, (int)at);
	struct diag d = { 0 };
	int r = unshare(CLONE_NEWNS) < 0 ? diag_errno(&d, -errno, "a mount namespace") : 0;

	if (r == 0)
		r = outside_resolver(file, at, &d);
	if (r < 0) {
		snprintf(job->ret->cause, sizeof(job->ret->cause), "%s", d.msg);
		return 1;
	}
	box_run(job);
	return 0;
}

/* What the box with a filtered network showed, and whether it did, becomes part of the arm's result. */
static void scratch_join(const struct scratch *x, enum box_rows rows, struct box_result *to,
			 const struct box_result *from)
{
	for (size_t i = 0; i < to->n; i++)
		if (box_rows_of(&x->s->manifest.row[i]) == rows)
			to->obs[i] = from->obs[i];
	to->ran = to->ran && from->ran;
	to->refused = to->refused || from->refused;
	to->late = to->late || from->late;
	if (!from->ran && to->cause[0] == '\0')
		snprintf(to->cause, sizeof(to->cause), "with a filtered network: %.700s", from->cause);
}

/* The rows about the end of a box, of one arm. */
struct scratch_ends {
	struct box_job job;
	struct spawn child;
	struct box_result *to; /* the arm's */
};

/* Whether the row is of use: of a mutant only to the one that it is said to kill. */
static bool scratch_wants_ending(const struct scratch *x, size_t i)
{
	const struct manifest_row *row = &x->s->manifest.row[i];
	const struct mutant *m = x->job->mutant;

	return x->s->selected[i] && box_is_ending(row) && !x->job->edited &&
	       (m == NULL || mutate_named(m->killed_by, row->id) || strv_has(&row->mutants, m->name));
}

static void scratch_start_ends(const struct scratch *x, struct scratch_ends *e, const struct box_job *job)
{
	bool any = false;

	*e = (struct scratch_ends){ .job = *job, .to = job->ret };
	e->job.ret = box_result_new(x->s);
	if (e->job.ret == NULL)
		mem_oom();
	for (size_t i = 0; i < e->job.ret->n; i++) {
		e->job.ret->obs[i].asked = scratch_wants_ending(x, i);
		any = any || e->job.ret->obs[i].asked;
	}
	/* Without the process the rows have no result, which is said of them. */
	if (any && spawn_start(&e->child, ending_body, &e->job) < 0)
		e->child.pid = 0;
}

static void scratch_join_ends(const struct scratch *x, struct scratch_ends *e)
{
	if (e->job.ret == NULL)
		return;
	if (e->child.pid > 0)
		spawn_wait(&e->child, x->s->end);
	for (size_t i = 0; i < e->to->n; i++)
		if (e->job.ret->obs[i].asked)
			e->to->obs[i] = e->job.ret->obs[i];
	box_result_free(e->job.ret);
}

/* A box with a filtered network, of its own result or a mutant's only one. */
static struct box_job scratch_job_of(struct scratch *x, size_t i, const struct box_job *like)
{
	struct box_job job = *like;

	job.rows = scratch_sides[i].rows;
	job.policy = &x->side[i].prep.policy;
	job.plan = &x->side[i].plan;
	job.site = &x->side[i].site;
	job.ret = x->of_mutant != NULL ? x->job->boxed : box_result_new(x->s);
	if (job.ret == NULL)
		mem_oom();
	return job;
}

/* All arms at the same time. */
static void scratch_run(struct scratch *x)
{
	bool mutant = x->job->mutant != NULL, beside = false;
	struct box_job side[SCRATCH_SIDES];
	struct spawn child = { 0 }, others[SCRATCH_SIDES] = { 0 };
	struct box_job boxed, open;
	struct scratch_ends ends = { 0 }, open_ends = { 0 };

	for (size_t i = 0; i < SCRATCH_SIDES; i++)
		beside |= x->side[i].has;
	boxed =
	    (struct box_job){ .suite = x->s,
			      .policy = &x->prep.policy,
			      .plan = &x->plan,
			      .site = &x->boxed,
			      .probes = x->probes,
			      .arm = REPORT_BOXED,
			      .where = REPORT_SCRATCH,
			      .rows = beside || mutant || x->job->edited ? BOX_INSIDE : BOX_ALL,
			      .ret = x->job->boxed,
			      .skip_proof = mutant || x->job->edited,
			      .wrong = mutant	      ? &x->launch.wrong
				       : x->keep_caps ? &caps_kept
						      : NULL,
			      /* Six rows wait for who is not there: one after the other, on one processor. */
			      .haste = x->job->edited || plan_find(&x->plan, PLAN_WATCH, NULL) == NULL,
			      .no_landlock = mutant && !x->job->second_layer };
	open = boxed;
	for (size_t i = 0; i < SCRATCH_SIDES; i++) {
		if (!x->side[i].has)
			continue;
		side[i] = scratch_job_of(x, i, &boxed);
		/* A mutant's is the only one, and the proof comes after it. */
		if (x->of_mutant != NULL)
			scratch_run_outside(&side[i]);
		else if (spawn_start(&others[i], scratch_run_outside, &side[i]) < 0)
			snprintf(side[i].ret->cause, sizeof(side[i].ret->cause), "no process for it");
	}
	if (x->job->open != NULL) {
		open.arm = REPORT_OPEN;
		open.rows = BOX_ALL;
		open.site = &x->open;
		open.ret = x->job->open;
		if (spawn_start(&child, scratch_run_job, &open) < 0)
			snprintf(open.ret->cause, sizeof(open.ret->cause), "no process for it");
		scratch_start_ends(x, &open_ends, &open);
	}
	if (x->of_mutant == NULL) {
		scratch_start_ends(x, &ends, &boxed);
		box_run(&boxed);
	}
	if (child.pid > 0)
		spawn_wait(&child, x->s->end);
	scratch_join_ends(x, &ends);
	scratch_join_ends(x, &open_ends);
	for (size_t i = 0; i < SCRATCH_SIDES; i++) {
		if (!x->side[i].has || x->of_mutant != NULL)
			continue;
		if (others[i].pid > 0)
			spawn_wait(&others[i], x->s->end);
		scratch_join(x, scratch_sides[i].rows, x->job->boxed, side[i].ret);
		box_result_free(side[i].ret);
	}
}

/* The launch proof against the mutant: it must miss something. */
static void scratch_prove(struct scratch *x)
{
	struct box_result *r = box_result_new(x->s);
	struct box_job job = { .suite = x->s,
			       .policy = &x->tested->policy,
			       .plan = x->plan_tested,
			       .site = x->of_mutant != NULL ? &x->of_mutant->site : &x->boxed,
			       .probes = x->probes,
			       .arm = REPORT_BOXED,
			       .where = REPORT_SCRATCH,
			       .ret = r,
			       .wrong = &x->launch.wrong,
			       .only_proof = true };

	if (r == NULL)
		return;
	box_run(&job);
	/* Only a named miss counts: a plan that just doesn't start has proved nothing. */
	if (r->refused)
		snprintf(x->job->facts->proof, sizeof(x->job->facts->proof), "%s", r->miss);
	if (x->job->facts->proof[0] == '\0') {
		snprintf(x->job->facts->unproved, sizeof(x->job->facts->unproved), "%s", r->cause);
		/* The box that was to be refused is another one than the probes saw: what it tells is told of both. */
		if (r->replaced[0] != '\0')
			memcpy(x->job->boxed->replaced, r->replaced, sizeof(r->replaced));
	}
	box_result_free(r);
}

static int scratch_mutate(struct scratch *x)
{
	const struct mutant *m = x->job->mutant;
	const struct mutant_paths paths = { .home = x->boxed.home,
					    .project = x->boxed.project,
					    .base = x->boxed.base,
					    .token = x->boxed.token,
					    .inputs = x->of_mutant != NULL ? &x->of_mutant->site.input
									   : &x->boxed.input };
	struct diag d = { 0 };
	AUTO_PLAN struct plan copy = box_copy_plan(&x->tested->plan);

	if (mutant_apply(m, &copy, &paths, &d) < 0) {
		snprintf(x->job->facts->edit, sizeof(x->job->facts->edit), "%s", d.msg);
		return -1;
	}
	if (verify_plan(&copy, &x->tested->policy, &d) < 0)
		snprintf(x->job->facts->verify, sizeof(x->job->facts->verify), "%s", d.msg);
	mutant_launch(m, &paths, &x->launch);
	if (x->job->wide != NULL)
		mutant_widen(x->plan_tested, x->job->wide, &paths);
	return mutant_apply(m, x->plan_tested, &paths, &d);
}

static void scratch_take(struct scratch *x)
{
	const struct mutant_paths paths = { .home = x->boxed.home,
					    .project = x->boxed.project,
					    .base = x->boxed.base,
					    .token = x->boxed.token,
					    .env = &x->env };
	struct mutant_taken taken = { 0 };

	for (size_t i = 0; i < layers_n; i++)
		if ((x->job->off & (1U << i)) != 0 && layer_take(&layers[i], &x->plan, &paths, &taken))
			x->job->facts->has |= 1U << i;
	x->keep_caps = taken.keep_caps;
}

static void scratch_done(struct scratch *x)
{
	canary_done(&x->boxed);
	canary_done(&x->open);
	free(x->probes);
	conf_done(&x->conf);
	strv_done(&x->env);
	prepare_done(&x->prep);
	plan_done(&x->plan);
	for (size_t i = 0; i < SCRATCH_SIDES; i++) {
		canary_done(&x->side[i].site);
		prepare_done(&x->side[i].prep);
		plan_done(&x->side[i].plan);
	}
	mutant_launch_done(&x->launch);
}

static int scratch_fail(struct scratch_job *job, enum suite_exit code, const struct diag *d)
{
	job->facts->failed = (int)code;
	snprintf(job->facts->cause, sizeof(job->facts->cause), "scratch box: %s%s%s", d->msg,
		 d->try[0] != '\0' ? "; try: " : "", d->try);
	return 1;
}

int scratch_body(void *arg)
{
	struct scratch_job *job = arg;
	struct scratch x = { .job = job, .s = job->suite };
	struct diag d = { 0 };

	x.boxed.stderr_fd = x.open.stderr_fd = -1;
	x.boxed.oracle.ctl = x.open.oracle.ctl = -1;
	x.boxed.oracle.ender = x.open.oracle.ender = -1;
	for (size_t i = 0; i < SCRATCH_SIDES; i++)
		x.side[i].site =
		    (struct canary_site){ .stderr_fd = -1, .oracle = { .ctl = -1, .ender = -1 } };
	if (scratch_enter(x.s, &d) < 0)
		return scratch_fail(job, SUITE_HOST, &d);
	if (scratch_plant(&x, &d) < 0) {
		bool host = fingerprint_host_cannot(&x.prep, &d);

		scratch_done(&x);
		return scratch_fail(job, host ? SUITE_HOST : SUITE_REFUSED, &d);
	}
	x.plan = box_copy_plan(&x.prep.plan);
	box_add_harness(&x.plan, x.probes);
	for (size_t i = 0; i < SCRATCH_SIDES; i++) {
		if (!x.side[i].has)
			continue;
		x.side[i].plan = box_copy_plan(&x.side[i].prep.plan);
		box_add_harness(&x.side[i].plan, x.probes);
	}
	x.tested = x.of_mutant != NULL ? &x.of_mutant->prep : &x.prep;
	x.plan_tested = x.of_mutant != NULL ? &x.of_mutant->plan : &x.plan;
	if (job->edited)
		scratch_take(&x);
	if (job->mutant == NULL || scratch_mutate(&x) == 0) {
		scratch_run(&x);
		if (job->mutant != NULL && !job->no_proof)
			scratch_prove(&x);
	}
	scratch_done(&x);
	return 0;
}
