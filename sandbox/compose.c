/* SPDX-License-Identifier: MIT */
/*
 * From policy to plan: the only place that decides the order of operations.
 *
 * Order of what bwrap mounts: by path, parents first, so that nothing is
 * covered by what is mounted later. What lies in a writable tree, and every
 * mask, is made by descriptor afterwards: bwrap would follow a symlink that the
 * last session planted there, and leave mount points behind. So is what needs no
 * file of the host: bwrap reads the whole table of mounts again for each of its
 * own. The first of these makes the root read-only.
 */
#include "compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "claude.h"
#include "dotclaude.h"
#include "filter.h"
#include "git.h"
#include "limit.h"
#include "mem.h"
#include "path.h"
#include "util.h"

#define SUPPORT	     "/run/claude-sandbox"
#define DEFAULT_INIT "/usr/libexec/claude-sandbox/init"

static void flag(struct plan *p, enum plan_type type, enum plan_stage stage, const char *arg, const char *why)
{
	plan_add(p, (struct plan_op){ .type = type,
				      .stage = stage,
				      .dst = arg != NULL ? xstrdup(arg) : NULL,
				      .why = xstrdup(why) });
}

static void number(struct plan *p, enum plan_type type, enum plan_stage stage, const char *arg, long n,
		   const char *why)
{
	plan_add(p, (struct plan_op){ .type = type,
				      .stage = stage,
				      .dst = arg != NULL ? xstrdup(arg) : NULL,
				      .number = n,
				      .why = xstrdup(why) });
}

static void mount_op(struct plan *p, enum plan_type type, enum plan_stage stage, const char *src,
		     const char *dst, const char *why)
{
	plan_add(p, (struct plan_op){ .type = type,
				      .stage = stage,
				      .src = src != NULL ? xstrdup(src) : NULL,
				      .dst = xstrdup(dst),
				      .why = xstrdup(why) });
}

/* "fd 0, 1, 2" */
static char *stdio_words(unsigned mask)
{
	char list[16] = "";

	for (int i = 0; i < 3; i++)
		if ((mask >> i & 1) != 0)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%d",
				 *list != '\0' ? ", " : "", i);
	return *list != '\0' ? xasprintf("fd %s", list) : xstrdup("none of stdio is one");
}

static void add_rules(struct plan *p, enum plan_type type, const struct strv *pattern,
		      const struct strv *from)
{
	for (size_t i = 0; i < pattern->n; i++) {
		flag(p, type, PLAN_STAGE_LAUNCH, pattern->v[i], from->v[i]);
		p->op[p->n - 1].src = xstrdup(from->v[i]);
	}
}

static void add_upstream(struct plan *p, const struct policy *policy)
{
	const char *auth = policy->upstream_auth;

	if (policy->upstream == NULL)
		return;
	plan_add(p, (struct plan_op){ .type = PLAN_UPSTREAM,
				      .stage = PLAN_STAGE_LAUNCH,
				      .src = xstrdup(policy->upstream_from),
				      .dst = xstrdup(policy->upstream),
				      .data = auth != NULL ? xstrdup(auth) : NULL,
				      .len = auth != NULL ? strlen(auth) : 0,
				      .secret = auth != NULL,
				      .why = xstrdup(auth != NULL
							 ? "the proxy by which egress goes out, with a login"
							 : "the proxy by which egress goes out") });
	add_rules(p, PLAN_DIRECT, &policy->direct, &policy->direct_from);
}

/* The pattern says what, the place says who: why it is there is the same for each. */
static void add_blocked(struct plan *p, const struct policy *policy)
{
	for (size_t i = 0; i < policy->blocked.n; i++)
		plan_add(p, (struct plan_op){
				.type = PLAN_BLOCKED,
				.stage = PLAN_STAGE_LAUNCH,
				.src = xstrdup(policy->blocked_from.v[i]),
				.dst = xstrdup(policy->blocked.v[i]),
				.why = xasprintf("%s: execve and execveat wait for the launcher's answer",
						 policy->blocked_from.v[i]) });
}

/* One that was asked for. */
static void add_limit(struct plan *p, const struct policy *policy, enum limit_id id, enum plan_type type,
		      enum plan_stage stage, const char *name)
{
	const struct limit_row *row = limitset_row(id);
	const struct conf_limit *limit = &policy->limit[id];
	char text[LIMIT_TEXT];

	plan_add(p, (struct plan_op){ .type = type,
				      .stage = stage,
				      .src = xstrdup(limit->origin),
				      .dst = xstrdup(name),
				      .number = (long)limit->n,
				      .why = xasprintf("%s=%s, asked for by %s: %s", row->name,
						       limitset_text(id, limit->n, text), limit->origin,
						       row->why) });
}

static void add_groups(struct plan *p, const struct policy *policy)
{
	for (enum limit_id id = 0; id < LIMITS; id++)
		if (policy->limit[id].n > 0 && limitset_row(id)->file != NULL)
			add_limit(p, policy, id, PLAN_LIMIT, PLAN_STAGE_LAUNCH, limitset_row(id)->name);
}

static void add_egress(struct plan *p, const struct policy *policy)
{
	bool open = policy->egress == POLICY_EGRESS_OPEN;

	if (policy->egress == POLICY_EGRESS_NONE)
		return;
	flag(p, PLAN_EGRESS, PLAN_STAGE_LAUNCH, open ? "open" : "filtered",
	     open ? "every public host and no other, through a process outside that judges each connection"
		  : "the allowed hosts and no other, through a process outside that judges each connection");
	add_rules(p, PLAN_ALLOW_HOST, &policy->allow, &policy->allow_from);
	add_rules(p, PLAN_DENY_HOST, &policy->deny, &policy->deny_from);
	add_rules(p, PLAN_PORT, &policy->port, &policy->port_from);
	add_rules(p, PLAN_HOST_PORT, &policy->host_port, &policy->host_port_from);
	add_rules(p, PLAN_PUBLISH, &policy->publish, &policy->publish_from);
	add_upstream(p, policy);
	if (policy->flows != NULL) {
		flag(p, PLAN_MITMPROXY, PLAN_STAGE_LAUNCH, policy->flows,
		     "connections go out by a mitmdump of this session, which keeps them (--mitmproxy)");
		p->op[p->n - 1].src = xstrdup(policy->mitmdump);
	}
	if (policy->egress_log == NULL)
		return;
	flag(p, PLAN_EGRESS_LOG, PLAN_STAGE_LAUNCH, policy->egress_log, policy->egress_log_from);
	p->op[p->n - 1].src = xstrdup(policy->egress_log_from);
}

static void add_launch(struct plan *p, const struct policy *policy)
{
	if (policy->identity != POLICY_SELF) {
		bool drop = policy->identity == POLICY_DROP;

		number(
		    p, PLAN_KERNEL_UID, PLAN_STAGE_LAUNCH, drop ? "drop" : "idmap", (long)policy->kernel_uid,
		    drop ? "started by root: the kernel's uid 0 never enters a box; the project's owner does"
			 : "started by root on a project of root's: an unprivileged uid, root on the "
			   "project's files only");
		plan_find(p, PLAN_KERNEL_UID, NULL)->src = xasprintf("%u", policy->kernel_gid);
	}
	for (size_t i = 0; i < policy->make.n; i++)
		flag(p, PLAN_MAKE_DIR, PLAN_STAGE_LAUNCH, policy->make.v[i],
		     policy->cache != NULL && path_is_under(policy->make.v[i], policy->cache)
			 ? "tools.def: this project's caches, for its user alone"
			 : "claude.def: where the record of this project is kept");
	flag(p, PLAN_CLOSE_FDS, PLAN_STAGE_LAUNCH, NULL, "the command inherits no descriptor but its stdio");
	flag(p, PLAN_RELAY_STDIO, PLAN_STAGE_LAUNCH, NULL,
	     "a regular file on stdio could be reopened and rewritten through /proc/self/fd");
	flag(p, PLAN_WATCH, PLAN_STAGE_LAUNCH, NULL,
	     "autorun.def: what appears in a writable tree and the host runs unasked goes to quarantine");
	flag(p, PLAN_HOLD, PLAN_STAGE_LAUNCH, NULL,
	     "a single file that the host replaces loses the mount over it: all inside stops until it is "
	     "judged and "
	     "held again");
	if (!policy->tty_direct) {
		AUTO_FREE char *which = stdio_words(policy->terminals);
		AUTO_FREE char *why = xasprintf("a pty of the box's own in place of the caller's terminal, "
						"filtered by escapes.def; here: %s",
						which);

		flag(p, PLAN_OWN_TERMINAL, PLAN_STAGE_LAUNCH, NULL, why);
	}
	add_groups(p, policy);
	add_egress(p, policy);
	add_blocked(p, policy);
}

static void add_privilege(struct plan *p, const struct policy *policy)
{
	flag(p, PLAN_UNSHARE, PLAN_STAGE_BWRAP, "user", "own user namespace: one uid, no others");
	flag(p, PLAN_UNSHARE, PLAN_STAGE_BWRAP, "pid",
	     "own processes only: nothing of the host to see or signal");
	flag(p, PLAN_UNSHARE, PLAN_STAGE_BWRAP, "ipc", "own System V and POSIX message queues and memory");
	flag(p, PLAN_UNSHARE, PLAN_STAGE_BWRAP, "uts", "own host name");
	flag(p, PLAN_UNSHARE, PLAN_STAGE_BWRAP, "cgroup", "own view of control groups");
	if (!policy->net_host)
		flag(p, PLAN_UNSHARE, PLAN_STAGE_BWRAP, "net",
		     policy->egress == POLICY_EGRESS_NONE
			 ? "own network: loopback only; abstract sockets too"
			 : "own network: loopback and the way to egress; abstract sockets too");
	if (policy->disable_userns)
		flag(p, PLAN_NO_NESTED_USERNS, PLAN_STAGE_BWRAP, NULL,
		     "no user namespace inside, where capabilities would return");
	number(p, PLAN_UID, PLAN_STAGE_BWRAP, NULL, (long)policy->uid, "the user inside");
	number(p, PLAN_GID, PLAN_STAGE_BWRAP, NULL, (long)policy->gid, "the group inside");
	flag(p, PLAN_HOSTNAME, PLAN_STAGE_BWRAP, "claude-sandbox", "the host's name stays out");
	flag(p, PLAN_CAP_DROP, PLAN_STAGE_BWRAP, "ALL", "no capabilities, bounding set too");
	flag(p, PLAN_NO_NEW_PRIVS, PLAN_STAGE_BWRAP, NULL,
	     "setuid programs and file capabilities give nothing; bwrap always sets it");
	flag(p, PLAN_DIE_WITH_PARENT, PLAN_STAGE_BWRAP, NULL, "nothing outlives the launcher");
	if (policy->as_pid_1)
		flag(p, PLAN_AS_PID_1, PLAN_STAGE_BWRAP, NULL,
		     "our init is PID 1: bwrap's own could be traced and shows its arguments");
}

/* Parents before children: "/" sorts before every other byte. */
static int by_path(const void *pa, const void *pb)
{
	const struct policy_entry *a = *(const struct policy_entry *const *)pa;
	const struct policy_entry *b = *(const struct policy_entry *const *)pb;
	const unsigned char *x = (const unsigned char *)a->path, *y = (const unsigned char *)b->path;

	while (*x != '\0' && *x == *y) {
		x++;
		y++;
	}
	if (*x == *y)
		return (int)a->part - (int)b->part;
	if (*x == '\0' || *y == '\0')
		return *x == '\0' ? -1 : 1;
	if (*x == '/' || *y == '/')
		return *x == '/' ? -1 : 1;
	return (int)*x - (int)*y;
}

/* The writable tree that strictly contains path, or NULL. */
static const struct policy_entry *writable_above(const struct policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		if (e->access == POLICY_WRITE && !streq(e->path, path) && path_is_under(path, e->path))
			return e;
	}
	return NULL;
}

static void add_entry(struct plan *p, const struct policy_entry *e)
{
	switch (e->access) {
	case POLICY_READ:
		mount_op(p, PLAN_RO_BIND, PLAN_STAGE_BWRAP, e->src, e->path, e->why);
		break;
	case POLICY_WRITE:
		mount_op(p, PLAN_RW_BIND, PLAN_STAGE_BWRAP, e->src, e->path, e->why);
		break;
	case POLICY_PRIVATE:
		plan_add(p, (struct plan_op){ .type = PLAN_TMPFS,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = xstrdup(e->path),
					      .number = e->part == POLICY_HOME ? 0700 : 01777,
					      .why = xstrdup(e->why) });
		break;
	case POLICY_LINK:
		mount_op(p, PLAN_SYMLINK, PLAN_STAGE_BWRAP, e->src, e->path, e->why);
		break;
	case POLICY_FILE:
		plan_add(p, (struct plan_op){ .type = PLAN_DATA,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = xstrdup(e->path),
					      .data = xstrdup(e->src),
					      .len = strlen(e->src),
					      .number = 0444,
					      .secret = e->secret,
					      .why = xstrdup(e->why) });
		break;
	case POLICY_COPY:
		plan_add(p, (struct plan_op){ .type = PLAN_FILE,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = xstrdup(e->path),
					      .data = xstrdup(e->src),
					      .len = strlen(e->src),
					      .number = 0600,
					      .secret = e->secret,
					      .why = xstrdup(e->why) });
		break;
	case POLICY_HIDDEN:
	case POLICY_EMPTY:
	case POLICY_ACCESSES:
		break;
	}
}

/* Directories of the box's own root that lead to a mount: bwrap would make some of them 0700. */
static void add_parents(struct plan *p, const char *path)
{
	for (const char *s = strchr(path + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		AUTO_FREE char *dir = xstrndup(path, (size_t)(s - path));
		bool covered = false;

		for (size_t i = 0; i < p->n && !covered; i++)
			covered = (plan_is_mount(p->op[i].type) && path_is_under(dir, p->op[i].dst)) ||
				  (p->op[i].type == PLAN_DIR && streq(p->op[i].dst, dir));
		if (!covered)
			plan_add(p, (struct plan_op){ .type = PLAN_DIR,
						      .stage = PLAN_STAGE_BWRAP,
						      .dst = xstrdup(dir),
						      .number = 0755,
						      .why = xstrdup("leads to what is mounted below") });
	}
}

/* Read-only, of what the box has itself: a part of its /proc. */
static bool is_own(const struct policy_entry *e)
{
	return e->access == POLICY_READ && e->src == NULL;
}

/* A generated file in place of one that a read-only tree of the host's has: the mount point is there. */
static bool is_covering(const struct policy *policy, const struct policy_entry *file)
{
	const struct policy_entry *in = NULL;

	if (file->access != POLICY_FILE || file->part != POLICY_SYSTEM)
		return false;
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		if (!streq(e->path, file->path) && path_is_under(file->path, e->path) &&
		    (in == NULL || path_is_under(e->path, in->path)))
			in = e;
	}
	return in != NULL && in->access == POLICY_READ;
}

/* What bwrap mounts, in the order of paths. covers: the generated files that are mounted later. */
static void add_mounts(struct plan *p, const struct policy *policy, struct plan *covers)
{
	AUTO_FREE const struct policy_entry **sorted = xcalloc(policy->nentry + 1, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		if (e->access == POLICY_HIDDEN || e->access == POLICY_EMPTY || e->via != NULL || is_own(e) ||
		    writable_above(policy, e->path) != NULL)
			continue;
		sorted[n++] = e;
	}
	qsort(sorted, n, sizeof(*sorted), by_path);
	mount_op(p, PLAN_PROC, PLAN_STAGE_BWRAP, NULL, "/proc", "fresh: own processes only");
	mount_op(p, PLAN_DEV, PLAN_STAGE_BWRAP, NULL, "/dev",
		 "fresh: null, zero, full, random, urandom, tty, pts");
	for (size_t i = 0; i < n; i++) {
		/* Asked for by two parts: the later one holds. */
		if (i + 1 < n && streq(sorted[i]->path, sorted[i + 1]->path))
			continue;
		add_parents(p, sorted[i]->path);
		add_entry(is_covering(policy, sorted[i]) ? covers : p, sorted[i]);
		if (policy->claude.inside != NULL && streq(sorted[i]->path, policy->home))
			plan_add(p,
				 (struct plan_op){ .type = PLAN_DIR,
						   .stage = PLAN_STAGE_BWRAP,
						   .dst = xstrdup(policy->claude.inside),
						   .number = 0700,
						   .why = xstrdup("the agent's state: fresh, what claude.def "
								  "names is put into it") });
	}
}

/* A private copy of each config, on a tmpfs of their own, and a link to it that nobody inside can change. */
static void add_git_copies(struct plan *p, const struct policy *policy)
{
	for (size_t i = 0; i < policy->git.n; i++) {
		const struct policy_git_config *c = &policy->git.config[i];
		char *copy;

		if (c->copy == NULL)
			continue;
		copy = xasprintf(GIT_COPIES "/%zu/config", i);
		plan_add(p, (struct plan_op){ .type = PLAN_FILE,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = copy,
					      .data = xstrdup(c->copy),
					      .len = strlen(c->copy),
					      .number = 0644,
					      .secret = true,
					      .why = xasprintf("a private copy of %s", c->path) });
		plan_add(p, (struct plan_op){ .type = PLAN_SYMLINK,
					      .stage = PLAN_STAGE_BWRAP,
					      .src = xstrdup(copy),
					      .dst = xasprintf(GIT_LINKS "/%zu", i),
					      .why = xasprintf("what is mounted over %s", c->path) });
	}
}

/* The settings and links of the project's .claude, on a tmpfs of their own that is mounted over it later. */
static void add_dotclaude_copies(struct plan *p, const struct policy *policy)
{
	static const struct {
		const char *dir, *why;
	} dirs[] = {
		{ DOTCLAUDE_COPIES, "what is mounted over the project's .claude" },
		{ DOTCLAUDE_HOST, "where the host's is until the command starts" },
	};

	if (!policy->dotclaude.mounted)
		return;
	plan_add(p, (struct plan_op){ .type = PLAN_TMPFS,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(DOTCLAUDE_PLACE),
				      .number = 0755,
				      .why = xstrdup("where the project's .claude is made") });
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		plan_add(p, (struct plan_op){ .type = PLAN_DIR,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = xstrdup(dirs[i].dir),
					      .number = 0755,
					      .why = xstrdup(dirs[i].why) });
	if (!dotclaude_has(&policy->dotclaude, DOTCLAUDE_WORKTREES))
		plan_add(p, (struct plan_op){ .type = PLAN_DIR,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = path_join(DOTCLAUDE_COPIES, DOTCLAUDE_WORKTREES),
					      .number = 0555,
					      .why = xstrdup("work in it would be lost at the end") });
	for (size_t i = 0; i < policy->dotclaude.n; i++) {
		const struct policy_dotclaude_item *c = &policy->dotclaude.item[i];
		char *dst = path_join(DOTCLAUDE_COPIES, c->name);

		if (c->link)
			plan_add(p, (struct plan_op){ .type = PLAN_SYMLINK,
						      .stage = PLAN_STAGE_BWRAP,
						      .src = xstrdup(c->text),
						      .dst = dst,
						      .why = xstrdup("as in the project's .claude") });
		else
			plan_add(p, (struct plan_op){ .type = PLAN_FILE,
						      .stage = PLAN_STAGE_BWRAP,
						      .dst = dst,
						      .data = xstrdup(c->text),
						      .len = strlen(c->text),
						      .number = (long)c->mode,
						      .secret = true,
						      .why = xasprintf("a private copy of %s/%s",
								       policy->dotclaude.path, c->name) });
	}
}

/* A memory that is dropped, on a tmpfs of its own that is mounted over the host's later. */
static void add_memory_copies(struct plan *p, const struct policy *policy)
{
	const struct policy_memory *m = &policy->claude.memory;

	if (m->path == NULL)
		return;
	plan_add(p, (struct plan_op){ .type = PLAN_TMPFS,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(CLAUDE_MEMORY_PLACE),
				      .number = 0755,
				      .why = xstrdup("where the project's memory is made") });
	plan_add(p, (struct plan_op){ .type = PLAN_DIR,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(CLAUDE_MEMORY_COPIES),
				      .number = 0700,
				      .why = xstrdup("what is mounted over the project's memory") });
	for (size_t i = 0; i < m->n; i++)
		plan_add(p, (struct plan_op){ .type = PLAN_FILE,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = path_join(CLAUDE_MEMORY_COPIES, m->file[i].name),
					      .data = xstrdup(m->file[i].text),
					      .len = strlen(m->file[i].text),
					      .number = 0600,
					      .secret = true,
					      .why = xstrdup("a private copy of the project's memory") });
}

/* The bytes of each generated file, where its mount by descriptor finds them. */
static void add_covers(struct plan *p, struct plan *covers)
{
	if (covers->n > 0)
		plan_add(p, (struct plan_op){ .type = PLAN_DIR,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = xstrdup(PLAN_COVERS),
					      .number = 0755,
					      .why = xstrdup("generated files, to be mounted") });
	for (size_t i = 0; i < covers->n; i++) {
		struct plan_op *op = &covers->op[i];

		op->stage = PLAN_STAGE_FD;
		op->via = xasprintf(PLAN_COVERS "/%zu", i);
		plan_add(p, (struct plan_op){ .type = PLAN_FILE,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = xstrdup(op->via),
					      .data = xmemdup(op->data, op->len + 1),
					      .len = op->len,
					      .number = op->number,
					      .why = xasprintf("what is mounted over %s", op->dst) });
	}
}

static void add_support(struct plan *p, const struct policy *policy, struct plan *covers)
{
	add_parents(p, PLAN_INIT);
	mount_op(p, PLAN_RO_BIND, PLAN_STAGE_BWRAP, policy->init != NULL ? policy->init : DEFAULT_INIT,
		 PLAN_INIT, "PID 1: applies the last layers and proves them");
	plan_add(p, (struct plan_op){ .type = PLAN_DIR,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(SUPPORT "/mask"),
				      .number = 0755,
				      .why = xstrdup("what masks are made of") });
	plan_add(p, (struct plan_op){ .type = PLAN_DIR,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(SUPPORT "/mask/closed-dir"),
				      .number = 0,
				      .why = xstrdup("what masked directories become") });
	plan_add(p, (struct plan_op){ .type = PLAN_DIR,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(SUPPORT "/mask/empty-dir"),
				      .number = 0555,
				      .why = xstrdup("what masked directories of the project become") });
	plan_add(p, (struct plan_op){ .type = PLAN_FILE,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(SUPPORT "/mask/closed"),
				      .data = xstrdup(""),
				      .number = 0,
				      .why = xstrdup("what masked files become") });
	plan_add(p, (struct plan_op){ .type = PLAN_FILE,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(SUPPORT "/mask/empty"),
				      .data = xstrdup(""),
				      .number = 0444,
				      .why = xstrdup("what masked files of the project become") });
	if (policy->blocked.n > 0)
		plan_add(p, (struct plan_op){ .type = PLAN_FILE,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = xstrdup(SUPPORT "/mask/command"),
					      .data = xstrdup(""),
					      .number = PLAN_MASK_COMMAND,
					      .why = xstrdup("what blocked commands become") });
	if (policy->landlock_abi >= 2)
		plan_add(p, (struct plan_op){ .type = PLAN_FILE,
					      .stage = PLAN_STAGE_BWRAP,
					      .dst = xstrdup(PLAN_UNRULED),
					      .data = xstrdup(""),
					      .number = 0444,
					      .why = xstrdup("under no Landlock rule: the proof tries it") });
	add_covers(p, covers);
	add_git_copies(p, policy);
	add_dotclaude_copies(p, policy);
	add_memory_copies(p, policy);
	plan_add(p, (struct plan_op){ .type = PLAN_FILE,
				      .stage = PLAN_STAGE_BWRAP,
				      .dst = xstrdup(SUPPORT "/policy.txt"),
				      .data = xstrdup(policy->text != NULL ? policy->text : ""),
				      .len = policy->text != NULL ? strlen(policy->text) : 0,
				      .number = 0444,
				      .why = xstrdup("CLAUDE_SANDBOX_POLICY: the policy in plain words") });
	for (size_t i = 0; i < policy->nstage; i++) {
		const struct policy_stage *s = &policy->stage[i];

		mount_op(p, PLAN_RO_BIND, PLAN_STAGE_BWRAP, s->src, s->dst, s->why);
	}
	if ((policy->filter & FILTER_USERNS) == 0)
		mount_op(p, PLAN_REMOUNT_RO, PLAN_STAGE_FD, NULL, "/proc",
			 "sysctls, sysrq-trigger, irq, bus, fs: sysctl compares the kernel's uid, not "
			 "capabilities");
	mount_op(p, PLAN_REMOUNT_RO, PLAN_STAGE_FD, NULL, "/", "the root takes no writes");
	/* Theirs now. */
	for (size_t i = 0; i < covers->n; i++)
		plan_add(p, covers->op[i]);
	covers->n = 0;
}

/* Of all that is fresh. */
static void add_sizes(struct plan *p, const struct policy *policy)
{
	for (size_t i = 0, n = p->n; i < n; i++) {
		const char *why, *dst = p->op[i].dst;

		if (p->op[i].type != PLAN_TMPFS && p->op[i].type != PLAN_DEV)
			continue;
		plan_add(p, (struct plan_op){ .type = PLAN_SIZE,
					      .stage = PLAN_STAGE_FD,
					      .dst = xstrdup(dst),
					      .number = limit_share(policy, dst, &why),
					      .why = xasprintf("percent of the machine's memory: %s", why) });
	}
}

/* The user's programs outside go on to have theirs, whatever is used up inside. */
static void add_shares(struct plan *p)
{
	for (size_t i = 0; i < LIMIT_USERS; i++) {
		const struct limit_user *u = limit_user(i);
		AUTO_FREE char *why =
		    xasprintf("%ld percent of what the user may have: %s", u->percent, u->why);

		number(p, PLAN_SHARE, PLAN_STAGE_FD, u->name, u->percent, why);
	}
}

static void add_mask(struct plan *p, const char *dst, bool is_dir, int mode, const char *why)
{
	plan_add(p, (struct plan_op){ .type = is_dir ? PLAN_MASK_DIR : PLAN_MASK_FILE,
				      .stage = PLAN_STAGE_FD,
				      .dst = xstrdup(dst),
				      .number = mode,
				      .why = xstrdup(why) });
}

/*
 * Every directory between the writable tree and dst, outermost first, so that
 * none can be renamed away. Its price is that rename(2) and link(2) between two
 * pinned directories fail with EXDEV, so it is for what is found by its path only.
 */
static void add_pins(struct plan *p, const char *tree, const char *dst)
{
	for (const char *s = strchr(dst + strlen(tree) + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		AUTO_FREE char *dir = xstrndup(dst, (size_t)(s - dst));

		const struct plan_op *fresh = plan_find(p, PLAN_RW_BIND, dir);

		/* A mount can't be renamed either. */
		if (plan_find(p, PLAN_PIN, dir) == NULL && (fresh == NULL || fresh->via == NULL))
			mount_op(p, PLAN_PIN, PLAN_STAGE_FD, NULL, dir,
				 "renaming it would move what is protected below it");
	}
}

/* Requested binds that lie in a writable tree, and what the host would run there. */
static void add_inner_binds(struct plan *p, const struct policy *policy)
{
	AUTO_FREE const struct policy_entry **sorted = xcalloc(policy->nentry + 1, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < policy->pin.n; i++)
		mount_op(p, PLAN_PIN, PLAN_STAGE_FD, NULL, policy->pin.v[i],
			 "renaming it would move what is protected below it");
	for (size_t i = 0; i < policy->nentry; i++)
		if (is_own(&policy->entry[i]))
			mount_op(p, PLAN_RO_BIND, PLAN_STAGE_FD, policy->entry[i].path, policy->entry[i].path,
				 policy->entry[i].why);
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].part >= POLICY_AUTORUN && policy->entry[i].via == NULL &&
		    writable_above(policy, policy->entry[i].path) != NULL)
			sorted[n++] = &policy->entry[i];
	qsort(sorted, n, sizeof(*sorted), by_path);
	for (size_t i = 0; i < n; i++) {
		const struct policy_entry *e = sorted[i];

		if (e->part != POLICY_AUTORUN)
			add_pins(p, writable_above(policy, e->path)->path, e->path);
		mount_op(p, e->access == POLICY_READ ? PLAN_RO_BIND : PLAN_RW_BIND, PLAN_STAGE_FD, e->path,
			 e->path, e->why);
	}
}

/* The agent's state, one by one, from where bwrap put it; then that place is gone. */
static void add_staged(struct plan *p, const struct policy *policy)
{
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		if (e->via == NULL || e->part == POLICY_AUTORUN)
			continue;
		mount_op(p, e->access == POLICY_READ ? PLAN_RO_BIND : PLAN_RW_BIND, PLAN_STAGE_FD,
			 e->access == POLICY_PRIVATE ? e->via : e->src, e->path, e->why);
		p->op[p->n - 1].via = xstrdup(e->via);
	}
	if (policy->claude.memory.path != NULL)
		mount_op(p, PLAN_UNMOUNT, PLAN_STAGE_FD, NULL, CLAUDE_MEMORY_PLACE, "it is at its place now");
	for (size_t i = 0; i < policy->nstage; i++)
		mount_op(p, PLAN_UNMOUNT, PLAN_STAGE_FD, NULL, policy->stage[i].dst,
			 "what is not bound of it stays out");
}

/*
 * After the binds of what lies in a writable tree, which would make what is read-only in it writable again. The
 * host's directory goes aside first: it is covered then.
 */
static void add_dotclaude(struct plan *p, const struct policy *policy)
{
	const char *path = policy->dotclaude.path;

	if (!policy->dotclaude.mounted)
		return;
	mount_op(p, PLAN_RO_BIND, PLAN_STAGE_FD, path, DOTCLAUDE_HOST, "for its entries to be taken from");
	p->op[p->n - 1].via = xstrdup(path);
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];
		bool fresh = e->access == POLICY_PRIVATE;

		if (e->via == NULL || e->part != POLICY_AUTORUN)
			continue;
		mount_op(p, fresh ? PLAN_RW_BIND : PLAN_RO_BIND, PLAN_STAGE_FD, fresh ? e->via : e->src,
			 e->path, e->why);
		p->op[p->n - 1].via = xstrdup(e->via);
	}
	mount_op(p, PLAN_UNMOUNT, PLAN_STAGE_FD, NULL, DOTCLAUDE_PLACE, "what is not bound of it stays out");
}

static const char *innermost_writable(const struct policy *policy, const char *path);

/* In the place of a repository's config the link to its copy: git follows it, and renames onto the copy. */
static void add_git_links(struct plan *p, const struct policy *policy)
{
	for (size_t i = 0; i < policy->git.n; i++) {
		const char *tree = innermost_writable(policy, policy->git.config[i].path);

		if (tree != NULL)
			add_pins(p, tree, policy->git.config[i].path);
	}
	for (size_t i = 0; i < policy->git.n; i++) {
		const struct policy_git_config *c = &policy->git.config[i];

		if (c->copy == NULL) {
			mount_op(p, PLAN_RO_BIND, PLAN_STAGE_FD, c->path, c->path,
				 "git on the host runs what a config says");
			continue;
		}
		plan_add(p,
			 (struct plan_op){ .type = PLAN_LINK,
					   .stage = PLAN_STAGE_FD,
					   .src = xasprintf(GIT_COPIES "/%zu/config", i),
					   .via = xasprintf(GIT_LINKS "/%zu", i),
					   .dst = xstrdup(c->path),
					   .why = xstrdup("git on the host runs what a config says; at exit "
							  "goes back what runs nothing (gitkeys.def)") });
	}
}

/* The writable tree that path lies in, unless a read-only bind lies between; NULL: none. */
static const char *innermost_writable(const struct policy *policy, const char *path)
{
	const struct policy_entry *in = NULL;

	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		if (e->part >= POLICY_PROJECT && path_is_under(path, e->path) &&
		    (in == NULL || path_is_under(e->path, in->path)))
			in = e;
	}
	return in != NULL && in->access == POLICY_WRITE && !streq(in->path, path) ? in->path : NULL;
}

/*
 * All pins before the first mask: a pin is a recursive bind and would carry it
 * along. A thing found by its name alone is found again wherever it went, and a
 * mount goes with the directory that it lies in: those need no pins.
 */
static void add_found(struct plan *p, const struct policy *policy, const struct compose_found *found)
{
	AUTO_FREE char *last = NULL; /* found is sorted: neighbours share their directories */

	for (size_t i = 0; i < found->n; i++) {
		const struct compose_mask *m = &found->mask[i];
		const char *tree = m->pinned ? innermost_writable(policy, m->path) : NULL;
		char *dir = tree != NULL ? path_dirname(m->path) : NULL;

		if (dir != NULL && (last == NULL || !streq(last, dir)))
			add_pins(p, tree, m->path);
		if (dir != NULL) {
			free(last);
			last = dir;
		}
	}
	for (size_t i = 0; i < found->n; i++) {
		const struct compose_mask *m = &found->mask[i];

		if (m->read_only)
			mount_op(p, PLAN_RO_BIND, PLAN_STAGE_FD, m->path, m->path, m->why);
		else
			add_mask(p, m->path, m->is_dir, m->closed ? 0 : m->is_dir ? 0555 : 0444, m->why);
	}
}

static void add_masks(struct plan *p, const struct policy *policy, const struct compose_found *found)
{
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		if (e->by_mode)
			continue;
		if (e->access == POLICY_HIDDEN)
			add_mask(p, e->path, e->is_dir, e->command ? PLAN_MASK_COMMAND : 0, e->why);
		else if (e->access == POLICY_EMPTY)
			add_mask(p, e->path, false, 0444, e->why);
	}
	if (found != NULL)
		add_found(p, policy, found);
}

static void landlock(struct plan *p, const char *path, enum plan_rights rights, const char *why)
{
	number(p, PLAN_LANDLOCK, PLAN_STAGE_INIT, path, (long)rights, why);
}

/*
 * The second layer, over the same files. A rule can't take away below its path
 * what it grants there: masks, and what is read-only in a writable tree, hang on
 * the mounts alone. With ABI 1 every rename across directories would fail.
 */
static void add_landlock(struct plan *p, const struct policy *policy)
{
	if (policy->landlock_abi < 2)
		return;
	landlock(p, "/", PLAN_RIGHTS_LIST, "directories can be listed");
	landlock(p, "/proc", policy->filter & FILTER_USERNS ? PLAN_RIGHTS_DEVICE : PLAN_RIGHTS_READ,
		 "own processes, and what the kernel tells of itself");
	landlock(p, "/dev", PLAN_RIGHTS_DEVICE, "null, zero, random, terminals, shared memory");
	landlock(p, SUPPORT, PLAN_RIGHTS_READ, "init");
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		/* Below the home or the project, whose rule holds for them. */
		if (e->via != NULL || e->part == POLICY_AUTORUN || is_own(e))
			continue;
		if (e->access == POLICY_READ)
			landlock(p, e->path, PLAN_RIGHTS_READ, e->why);
		else if (e->access == POLICY_WRITE || e->access == POLICY_PRIVATE)
			landlock(p, e->path, PLAN_RIGHTS_WRITE, e->why);
	}
}

static void add_command(struct plan *p, const struct policy *policy, const struct filter *filter)
{
	for (size_t i = 0; i < policy->nenv; i++) {
		const struct policy_env *e = &policy->env[i];

		plan_add(p, (struct plan_op){ .type = PLAN_SETENV,
					      .stage = PLAN_STAGE_INIT,
					      .src = xstrdup(e->name),
					      .data = xstrdup(e->value),
					      .len = strlen(e->value),
					      .secret = e->secret,
					      .why = xstrdup(e->why) });
	}
	flag(p, PLAN_CHDIR, PLAN_STAGE_INIT, policy->project, "the command starts in the project");
	number(p, PLAN_RLIMIT, PLAN_STAGE_INIT, "core", 1,
	       "no core file, and (unlike 0) no piped core handler, which runs as root on the host; core(5)");
	number(p, PLAN_RLIMIT, PLAN_STAGE_INIT, "nofile", LIMIT_OPEN_FILES,
	       "open files of a process, at most: the table of the machine is for all");
	if (policy->limit[LIMIT_DISK].n > 0)
		add_limit(p, policy, LIMIT_DISK, PLAN_RLIMIT, PLAN_STAGE_INIT, "fsize");
	flag(p, PLAN_NON_DUMPABLE, PLAN_STAGE_INIT, NULL,
	     "PID 1 can't be traced or read, its descriptors not taken");
	if (filter != NULL && !policy->no_seccomp) {
		size_t len = filter->n * sizeof(*filter->insn);

		plan_add(p, (struct plan_op){
				.type = PLAN_SECCOMP,
				.stage = PLAN_STAGE_INIT,
				.data = xmemdup(filter->insn, len),
				.len = len,
				.why = xasprintf("syscalls.def: what it doesn't name is not implemented%s",
						 (policy->filter & FILTER_TELL) != 0
						     ? "; the launcher is told of what is refused"
						     : "") });
	}
	for (size_t i = 0; i < policy->command.n; i++)
		strv_add(&p->command, policy->command.v[i]);
}

void compose_late(const struct policy *policy, size_t entry, size_t pin, const struct compose_found *found,
		  struct plan *ret)
{
	*ret = (struct plan){ 0 };
	for (; entry < policy->nentry; entry++) {
		const struct policy_entry *e = &policy->entry[entry];

		mount_op(ret, e->access == POLICY_READ ? PLAN_RO_BIND : PLAN_RW_BIND, PLAN_STAGE_FD, e->path,
			 e->path, e->why);
	}
	add_found(ret, policy, found);
	for (; pin < policy->pin.n; pin++)
		mount_op(ret, PLAN_PIN, PLAN_STAGE_FD, NULL, policy->pin.v[pin], "found after the start");
}

int compose_plan(const struct policy *policy, const struct filter *filter, const struct compose_found *found,
		 struct plan *ret, struct diag *d)
{
	AUTO_PLAN struct plan covers = { 0 };

	if (!policy->no_seccomp && (filter == NULL || filter->n == 0))
		return diag_set(d, -EINVAL, "no system call filter was built");
	*ret = (struct plan){ 0 };
	add_launch(ret, policy);
	add_privilege(ret, policy);
	add_mounts(ret, policy, &covers);
	add_support(ret, policy, &covers);
	add_sizes(ret, policy);
	add_shares(ret);
	add_staged(ret, policy);
	add_inner_binds(ret, policy);
	add_dotclaude(ret, policy);
	add_git_links(ret, policy);
	add_masks(ret, policy, found);
	add_landlock(ret, policy);
	add_command(ret, policy, filter);
	return 0;
}
