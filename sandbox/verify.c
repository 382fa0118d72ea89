/* SPDX-License-Identifier: MIT */
/*
 * An independent reading of a finished plan. It replays the mounts on paper:
 * what lies at a path inside is decided by the last operation whose
 * destination is that path or above it. Then every promise of the policy is
 * looked up in the result.
 */
#include "verify.h"

#include <errno.h>
#include <string.h>

#include "claude.h"
#include "dotclaude.h"
#include "filter.h"
#include "limit.h"
#include "path.h"
#include "util.h"

#define broken(d, ...) diag_set(d, -EPERM, "the plan is unsafe, a defect of claude-sandbox: " __VA_ARGS__)

/* The operation that decides what is at `path`; NULL: nothing is there but the box's own root. */
static const struct plan_op *at(const struct plan *p, const char *path)
{
	const struct plan_op *found = NULL;

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_op *op = &p->op[i];

		if (plan_is_mount(op->type) && op->dst != NULL && path_is_under(path, op->dst))
			found = op;
	}
	return found;
}

static bool from_host(const struct plan_op *op)
{
	return op != NULL && (op->type == PLAN_RO_BIND || op->type == PLAN_RW_BIND || op->type == PLAN_PIN);
}

static size_t count(const struct plan *p, enum plan_type type, const char *dst)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->op[i].type == type &&
		     (dst == NULL || (p->op[i].dst != NULL && streq(p->op[i].dst, dst)));
	return n;
}

/* Who carries an operation out. One that says another stage would be carried out by nobody. */
static bool stage_fits(enum plan_type type, enum plan_stage stage)
{
	switch (type) {
	case PLAN_KERNEL_UID:
	case PLAN_MAKE_DIR:
	case PLAN_CLOSE_FDS:
	case PLAN_RELAY_STDIO:
	case PLAN_OWN_TERMINAL:
	case PLAN_WATCH:
	case PLAN_HOLD:
	case PLAN_EGRESS:
	case PLAN_ALLOW_HOST:
	case PLAN_DENY_HOST:
	case PLAN_PORT:
	case PLAN_HOST_PORT:
	case PLAN_PUBLISH:
	case PLAN_EGRESS_LOG:
	case PLAN_UPSTREAM:
	case PLAN_MITMPROXY:
	case PLAN_LIMIT:
	case PLAN_DIRECT:
	case PLAN_BLOCKED:
		return stage == PLAN_STAGE_LAUNCH;
	case PLAN_RO_BIND:
	case PLAN_RW_BIND:
	case PLAN_DATA:
		return stage == PLAN_STAGE_BWRAP || stage == PLAN_STAGE_FD;
	case PLAN_MASK_FILE:
	case PLAN_MASK_DIR:
	case PLAN_UNMOUNT:
	case PLAN_PIN:
	case PLAN_LINK:
	case PLAN_REMOUNT_RO:
	case PLAN_SIZE:
	case PLAN_SHARE:
		return stage == PLAN_STAGE_FD;
	case PLAN_CHDIR:
	case PLAN_SETENV:
	case PLAN_RLIMIT:
	case PLAN_LANDLOCK:
	case PLAN_SECCOMP:
	case PLAN_NON_DUMPABLE:
		return stage == PLAN_STAGE_INIT;
	case PLAN_UNSHARE:
	case PLAN_NO_NESTED_USERNS:
	case PLAN_CAP_DROP:
	case PLAN_NO_NEW_PRIVS:
	case PLAN_DIE_WITH_PARENT:
	case PLAN_AS_PID_1:
	case PLAN_UID:
	case PLAN_GID:
	case PLAN_HOSTNAME:
	case PLAN_SYMLINK:
	case PLAN_DIR:
	case PLAN_TMPFS:
	case PLAN_PROC:
	case PLAN_DEV:
	case PLAN_FILE:
		return stage == PLAN_STAGE_BWRAP;
	case PLAN_INVALID:
	case PLAN_TYPES:
		break;
	}
	return false;
}

static int verify_shape(const struct plan *p, struct diag *d)
{
	bool fd_seen = false;

	if (p->command.n == 0)
		return broken(d, "there is no command");

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_op *op = &p->op[i];
		const char *name = plan_type_name(op->type);

		if (op->type <= PLAN_INVALID || op->type >= PLAN_TYPES)
			return broken(d, "operation %zu is of no type", i);
		if (op->stage <= PLAN_STAGE_NONE || op->stage >= PLAN_STAGES)
			return broken(d, "%s has no stage", name);
		if (!stage_fits(op->type, op->stage))
			return broken(d, "%s %s: nobody carries it out in stage %s", name,
				      op->dst != NULL ? op->dst : "", plan_stage_name(op->stage));
		if (op->why == NULL || *op->why == '\0')
			return broken(d, "%s %s has no reason", name, op->dst != NULL ? op->dst : "");
		if (plan_is_mount(op->type) &&
		    (op->dst == NULL || *op->dst != '/' || strstr(op->dst, "/../") != NULL))
			return broken(d, "%s has no absolute destination", name);
		if (plan_is_mount(op->type) && streq(op->dst, "/"))
			return broken(d, "%s covers the root", name);
		if ((op->type == PLAN_RO_BIND || op->type == PLAN_RW_BIND) && op->src == NULL)
			return broken(d, "%s %s has no source", name, op->dst);
		if (op->stage == PLAN_STAGE_FD)
			fd_seen = true;
		else if (op->stage == PLAN_STAGE_BWRAP && fd_seen)
			return broken(d, "%s %s would come after mounts by descriptor", name,
				      op->dst != NULL ? op->dst : "");
	}
	return 0;
}

static int verify_privilege(const struct plan *p, const struct policy *policy, struct diag *d)
{
	static const char *const ns[] = { "user", "pid", "ipc", "uts", "cgroup", "net" };
	static const enum plan_type always[] = { PLAN_CAP_DROP,	 PLAN_NO_NEW_PRIVS, PLAN_DIE_WITH_PARENT,
						 PLAN_CLOSE_FDS, PLAN_RELAY_STDIO,  PLAN_NON_DUMPABLE,
						 PLAN_UID,	 PLAN_GID,	    PLAN_HOSTNAME,
						 PLAN_CHDIR,	 PLAN_AS_PID_1,	    PLAN_WATCH,
						 PLAN_HOLD };
	const struct plan_op *op;

	for (size_t i = 0; i < ARRAY_SIZE(ns); i++) {
		size_t want = streq(ns[i], "net") && policy->net_host ? 0 : 1;

		if (count(p, PLAN_UNSHARE, ns[i]) != want)
			return broken(d, "the %s namespace is %s", ns[i],
				      want ? "shared with the host"
					   : "private, though the host's was asked for");
	}
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (count(p, always[i], NULL) != 1)
			return broken(d, "%s must be there once", plan_type_name(always[i]));
	if (count(p, PLAN_OWN_TERMINAL, NULL) != (policy->tty_direct ? 0 : 1))
		return broken(d, "%s",
			      policy->tty_direct ? "the terminal is not passed on as asked for"
						 : "the caller's terminal would be inside");
	if (plan_find(p, PLAN_CAP_DROP, "ALL") == NULL)
		return broken(d, "capabilities are left");
	if (policy->disable_userns && count(p, PLAN_NO_NESTED_USERNS, NULL) != 1)
		return broken(d, "user namespaces can be nested");
	if ((policy->filter & FILTER_USERNS) && count(p, PLAN_NO_NESTED_USERNS, NULL) != 0)
		return broken(d, "user namespaces can't be nested, though that was asked for");
	if ((uid_t)plan_find(p, PLAN_UID, NULL)->number != policy->uid || policy->uid == 0)
		return broken(d, "the uid inside is not %u", policy->uid);
	if ((gid_t)plan_find(p, PLAN_GID, NULL)->number != policy->gid || policy->gid == 0)
		return broken(d, "the gid inside is not %u", policy->gid);
	op = plan_find(p, PLAN_KERNEL_UID, NULL);
	if (policy->kernel_uid == 0 || (policy->identity == POLICY_SELF) != (op == NULL) ||
	    (op != NULL && (uid_t)op->number != policy->kernel_uid))
		return broken(d, "the kernel's uid 0 would enter the box");
	return 0;
}

/* The limit of that name is there once, and is n; with n 0 it is not there. */
static bool limited(const struct plan *p, enum plan_type type, const char *name, uint64_t n)
{
	const struct plan_op *op = plan_find(p, type, name);

	return count(p, type, name) == (n > 0 ? 1 : 0) && (op == NULL || (uint64_t)op->number == n);
}

static int verify_limits(const struct plan *p, const struct policy *policy, struct diag *d)
{
	uint64_t disk = policy->limit[LIMIT_DISK].n;
	size_t groups = 0;

	if (!limited(p, PLAN_RLIMIT, "core", 1))
		return broken(d, "core dumps are not limited to 1 byte");
	if (!limited(p, PLAN_RLIMIT, "nofile", LIMIT_OPEN_FILES))
		return broken(d, "open files are not limited to %d", LIMIT_OPEN_FILES);
	if (!limited(p, PLAN_RLIMIT, "fsize", disk) || count(p, PLAN_RLIMIT, NULL) != (disk > 0 ? 3 : 2))
		return broken(d, "the size of a file is not limited as asked");
	for (enum limit_id id = 0; id < LIMITS; id++) {
		const struct limit_row *row = limitset_row(id);

		if (row->file == NULL)
			continue;
		groups += policy->limit[id].n > 0;
		if (!limited(p, PLAN_LIMIT, row->name, policy->limit[id].n))
			return broken(d, "%s is not limited as asked", row->name);
	}
	for (size_t i = 0; i < LIMIT_USERS; i++)
		if (!limited(p, PLAN_SHARE, limit_user(i)->name, (uint64_t)limit_user(i)->percent))
			return broken(d, "the share of the user's %s is not %ld percent", limit_user(i)->name,
				      limit_user(i)->percent);
	if (count(p, PLAN_SHARE, NULL) != LIMIT_USERS)
		return broken(d, "a share of what the kernel does not count for each user");
	return count(p, PLAN_LIMIT, NULL) == groups ? 0 : broken(d, "there is a limit that nobody asked for");
}

/* Each in its turn, and no other. */
static bool same_rules(const struct plan *p, enum plan_type type, const struct strv *want)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_op *op = &p->op[i];

		if (op->type == type && (n == want->n || op->dst == NULL || !streq(op->dst, want->v[n++])))
			return false;
	}
	return n == want->n;
}

/* Who may be reached is what the policy says, rule for rule. */
static int verify_egress(const struct plan *p, const struct policy *policy, struct diag *d)
{
	bool wanted = policy->egress != POLICY_EGRESS_NONE;
	const struct plan_op *op = plan_find(p, PLAN_EGRESS, NULL);

	if (wanted && policy->net_host)
		return broken(d, "a filter of hosts in the host's own network");
	if (count(p, PLAN_EGRESS, NULL) != (wanted ? 1 : 0))
		return broken(d, "%s",
			      wanted ? "there is no way out of the box's network, though one was asked for"
				     : "there is a way out of the box's network");
	if (wanted && !streq(op->dst != NULL ? op->dst : "",
			     policy->egress == POLICY_EGRESS_OPEN ? "open" : "filtered"))
		return broken(d, "the way out is %s", op->dst);
	if (!same_rules(p, PLAN_ALLOW_HOST, &policy->allow) ||
	    !same_rules(p, PLAN_DENY_HOST, &policy->deny) || !same_rules(p, PLAN_PORT, &policy->port))
		return broken(d, "the rules for hosts are not the policy's");
	if (!same_rules(p, PLAN_HOST_PORT, &policy->host_port) ||
	    !same_rules(p, PLAN_PUBLISH, &policy->publish))
		return broken(d, "the ports across the border are not the policy's");
	if (count(p, PLAN_EGRESS_LOG, NULL) != (policy->egress_log != NULL ? 1 : 0) ||
	    count(p, PLAN_EGRESS_LOG, policy->egress_log) != (policy->egress_log != NULL ? 1 : 0))
		return broken(d, "the log of connections is not the policy's");
	op = plan_find(p, PLAN_MITMPROXY, policy->flows);
	if (count(p, PLAN_MITMPROXY, NULL) != (policy->flows != NULL ? 1 : 0) ||
	    (policy->flows != NULL && (op == NULL || !streq(op->src, policy->mitmdump))))
		return broken(d, "who keeps what goes out is not the policy's");
	op = plan_find(p, PLAN_UPSTREAM, policy->upstream);
	if (count(p, PLAN_UPSTREAM, NULL) != (policy->upstream != NULL ? 1 : 0) ||
	    (policy->upstream != NULL && op == NULL) || !same_rules(p, PLAN_DIRECT, &policy->direct))
		return broken(d, "the proxy outside is not the policy's");
	if (policy->upstream != NULL && !streq(op->data != NULL ? op->data : "",
					       policy->upstream_auth != NULL ? policy->upstream_auth : ""))
		return broken(d, "the login at the proxy outside is not the policy's");
	return 0;
}

static int verify_filter(const struct plan *p, const struct policy *policy, struct diag *d)
{
	const struct plan_op *op = plan_find(p, PLAN_SECCOMP, NULL);

	if (policy->no_seccomp)
		return op == NULL ? 0 : broken(d, "a filter, though none was asked for");
	if (count(p, PLAN_SECCOMP, NULL) != 1)
		return broken(d, "there must be one system call filter");
	/* struct sock_filter has 8 bytes; a program of less than a few dozen tests nothing */
	if (op->data == NULL || op->len % 8 != 0 || op->len < 32 * 8)
		return broken(d, "the system call filter is empty");
	if ((policy->filter & (FILTER_EXEC | FILTER_TELL)) != 0 && !plan_asks(op))
		return broken(d, "the system call filter asks nobody");
	if (!same_rules(p, PLAN_BLOCKED, &policy->blocked))
		return broken(d, "the blocked commands are not the policy's");
	return 0;
}

/* The rights that a path may have; PLAN_RIGHTS: none. */
static enum plan_rights rights_of(const struct policy *policy, const char *path)
{
	static const struct {
		const char *path;
		enum plan_rights rights;
	} own[] = {
		{ "/", PLAN_RIGHTS_LIST },
		{ "/proc", PLAN_RIGHTS_READ },
		{ "/dev", PLAN_RIGHTS_DEVICE },
		{ "/run/claude-sandbox", PLAN_RIGHTS_READ },
	};
	enum plan_rights most = PLAN_RIGHTS;

	/* The maps of a user namespace are written there. */
	if ((policy->filter & FILTER_USERNS) && streq(path, "/proc"))
		return PLAN_RIGHTS_DEVICE;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (streq(own[i].path, path))
			return own[i].rights;
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		if (!streq(e->path, path))
			continue;
		if (e->access == POLICY_WRITE || e->access == POLICY_PRIVATE)
			return PLAN_RIGHTS_WRITE;
		if (e->access == POLICY_READ)
			most = PLAN_RIGHTS_READ;
	}
	return most;
}

/* Landlock grants what the policy names and nothing else; a missing rule only closes too much. */
static int verify_landlock(const struct plan *p, const struct policy *policy, struct diag *d)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_op *op = &p->op[i];
		enum plan_rights most;

		if (op->type != PLAN_LANDLOCK)
			continue;
		most = op->dst != NULL ? rights_of(policy, op->dst) : PLAN_RIGHTS;
		if (op->number < 0 || most == PLAN_RIGHTS || op->number > (long)most)
			return broken(d, "Landlock grants too much at %s", op->dst != NULL ? op->dst : "?");
	}
	if ((policy->landlock_abi >= 2) != (count(p, PLAN_LANDLOCK, NULL) > 0))
		return broken(d, "Landlock is %s",
			      policy->landlock_abi >= 2 ? "left out" : "asked of a kernel without it");
	return 0;
}

static const struct policy_entry *entry_of(const struct policy *policy, const char *path)
{
	const struct policy_entry *last = NULL;

	for (size_t i = 0; i < policy->nentry; i++)
		if (streq(policy->entry[i].path, path) &&
		    (last == NULL || policy->entry[i].part >= last->part))
			last = &policy->entry[i];
	return last;
}

/* True when a writable entry of the policy is `path` or above it. */
static const struct policy_entry *writable_tree(const struct policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].access == POLICY_WRITE && path_is_under(path, policy->entry[i].path))
			return &policy->entry[i];
	return NULL;
}

static bool same_bytes(const struct policy_entry *e, const struct plan_op *op)
{
	return op->data != NULL && strlen(e->src) == op->len && memcmp(e->src, op->data, op->len) == 0;
}

static const struct policy_stage *stage_at(const struct policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->nstage; i++)
		if (path_is_under(path, policy->stage[i].dst))
			return &policy->stage[i];
	return NULL;
}

/* What is taken from a stage is what lies there of the source that the policy names. */
static bool same_via(const struct policy *policy, const struct policy_entry *e, const struct plan_op *op)
{
	const struct policy_stage *s = op->via != NULL ? stage_at(policy, op->via) : NULL;
	size_t dst = s != NULL ? strlen(s->dst) : 0, src = s != NULL ? strlen(s->src) : 0;

	if (e->via == NULL || op->via == NULL)
		return e->via == NULL && op->via == NULL;
	if (policy->dotclaude.mounted && path_is_under(op->via, DOTCLAUDE_HOST)) {
		return op->stage == PLAN_STAGE_FD && path_is_under(op->src, policy->dotclaude.path) &&
		       streq(op->via + strlen(DOTCLAUDE_HOST), op->src + strlen(policy->dotclaude.path));
	}
	return s != NULL && op->stage == PLAN_STAGE_FD && path_is_under(op->src, s->src) &&
	       streq(op->via + dst, op->src + src);
}

/* A link over the config of a repository leads to the copy of that very config, on the tmpfs of the copies. */
static bool is_git_link(const struct plan *p, const struct policy *policy, const struct plan_op *op)
{
	const struct plan_op *link = op->via != NULL ? plan_find(p, PLAN_SYMLINK, op->via) : NULL;
	const struct plan_op *copy = op->src != NULL ? plan_find(p, PLAN_FILE, op->src) : NULL;
	const struct plan_op *fs = op->src != NULL ? at(p, op->src) : NULL;

	if (link == NULL || copy == NULL || fs == NULL || fs->type != PLAN_TMPFS ||
	    !streq(link->src, op->src))
		return false;
	for (size_t i = 0; i < policy->git.n; i++) {
		const struct policy_git_config *c = &policy->git.config[i];

		if (streq(c->path, op->dst))
			return c->copy != NULL && strlen(c->copy) == copy->len &&
			       memcmp(c->copy, copy->data, copy->len) == 0;
	}
	return false;
}

/* The project's .claude is made of a tmpfs, and of the host's one, read-only; then their place is gone. */
static bool is_dotclaude(const struct plan *p, const struct policy *policy, const struct plan_op *op)
{
	const struct plan_op *fs = plan_find(p, PLAN_TMPFS, DOTCLAUDE_PLACE);

	if (!policy->dotclaude.mounted || fs == NULL || plan_find(p, PLAN_UNMOUNT, DOTCLAUDE_PLACE) == NULL)
		return false;
	if (op == fs)
		return true;
	if (op->stage != PLAN_STAGE_FD || op->via == NULL || op->src == NULL || !streq(op->via, op->src))
		return false;
	if (op->type == PLAN_RO_BIND)
		return streq(op->dst, DOTCLAUDE_HOST) && streq(op->src, policy->dotclaude.path);
	return op->type == PLAN_RW_BIND && streq(op->dst, policy->dotclaude.path) &&
	       streq(op->src, DOTCLAUDE_COPIES);
}

/* A memory that is dropped is a tmpfs with copies, then over the host's; then its place is gone. */
static bool is_memory(const struct plan *p, const struct policy *policy, const struct plan_op *op)
{
	const struct plan_op *fs = plan_find(p, PLAN_TMPFS, CLAUDE_MEMORY_PLACE);

	if (policy->claude.memory.path == NULL || fs == NULL ||
	    plan_find(p, PLAN_UNMOUNT, CLAUDE_MEMORY_PLACE) == NULL)
		return false;
	return op == fs || (op->type == PLAN_RW_BIND && op->stage == PLAN_STAGE_FD && op->via != NULL &&
			    streq(op->dst, policy->claude.memory.path) &&
			    streq(op->src, CLAUDE_MEMORY_COPIES) && streq(op->via, op->src));
}

static bool is_memory_file(const struct policy *policy, const struct plan_op *op)
{
	const struct policy_memory *m = &policy->claude.memory;

	for (size_t i = 0; path_is_under(op->dst, CLAUDE_MEMORY_COPIES) && i < m->n; i++)
		if (streq(op->dst + strlen(CLAUDE_MEMORY_COPIES "/"), m->file[i].name))
			return strlen(m->file[i].text) == op->len &&
			       memcmp(m->file[i].text, op->data, op->len) == 0 && op->number == 0600;
	return false;
}

static bool is_dotclaude_item(const struct policy *policy, const struct plan_op *op)
{
	for (size_t i = 0; i < policy->dotclaude.n; i++) {
		const struct policy_dotclaude_item *c = &policy->dotclaude.item[i];

		if (!c->link && streq(op->dst + strlen(DOTCLAUDE_COPIES "/"), c->name))
			return strlen(c->text) == op->len && memcmp(c->text, op->data, op->len) == 0 &&
			       op->number == (long)c->mode && (op->number & ~0777l) == 0;
	}
	return false;
}

/* By descriptor a file of the box's own is mounted: with these bytes. */
static bool is_made_of(const struct plan *p, const struct plan_op *op)
{
	const struct plan_op *file = op->via != NULL ? plan_find(p, PLAN_FILE, op->via) : NULL;

	if (op->stage != PLAN_STAGE_FD)
		return op->via == NULL;
	return file != NULL && file->number == op->number && file->len == op->len &&
	       memcmp(file->data, op->data, op->len) == 0;
}

/* True when the policy names this mount, of this kind and from this source. */
static bool asked_for(const struct plan *p, const struct policy *policy, const struct plan_op *op)
{
	const struct policy_entry *e = entry_of(policy, op->dst);
	const struct policy_stage *s = stage_at(policy, op->dst);

	if (op->type == PLAN_RO_BIND && streq(op->dst, PLAN_INIT))
		return policy->init == NULL || streq(op->src, policy->init);
	if (op->type == PLAN_RO_BIND && s != NULL)
		return streq(s->dst, op->dst) && streq(s->src, op->src) &&
		       plan_find(p, PLAN_UNMOUNT, op->dst) != NULL;
	if (is_dotclaude(p, policy, op) || is_memory(p, policy, op))
		return true;
	if (op->type == PLAN_PIN)
		return writable_tree(policy, op->dst) != NULL;
	if (op->type == PLAN_LINK)
		return is_git_link(p, policy, op);
	if (op->type == PLAN_PROC || op->type == PLAN_DEV)
		return streq(op->dst, op->type == PLAN_PROC ? "/proc" : "/dev");
	if (op->type == PLAN_MASK_FILE || op->type == PLAN_MASK_DIR) /* hiding more is no harm */
		return true;
	if (e == NULL) /* taking write access from a part of a writable tree is no harm */
		return op->type == PLAN_RO_BIND && op->stage == PLAN_STAGE_FD && streq(op->src, op->dst) &&
		       writable_tree(policy, op->dst) != NULL;
	if (op->type == PLAN_RO_BIND)
		/* Without a source it is of the box itself, as /proc/sys. */
		return e->access == POLICY_READ && streq(e->src != NULL ? e->src : e->path, op->src) &&
		       same_via(policy, e, op);
	if (op->type == PLAN_RW_BIND)
		return e->access == POLICY_WRITE && streq(e->src, op->src) && same_via(policy, e, op);
	if (op->type == PLAN_TMPFS)
		return e->access == POLICY_PRIVATE;
	return op->type == PLAN_DATA && e->access == POLICY_FILE && same_bytes(e, op) && is_made_of(p, op);
}

/* Nothing is mounted that the policy doesn't name. */
static int verify_asked(const struct plan *p, const struct policy *policy, struct diag *d)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_op *op = &p->op[i];
		const struct policy_entry *tree;

		if (op->type == PLAN_FILE && path_is_under(op->dst, policy->home) &&
		    (entry_of(policy, op->dst) == NULL || entry_of(policy, op->dst)->access != POLICY_COPY ||
		     !same_bytes(entry_of(policy, op->dst), op) || op->number != 0600))
			return broken(d, "the file %s was not asked for", op->dst);
		if (op->type == PLAN_FILE && path_is_under(op->dst, DOTCLAUDE_PLACE) &&
		    (!path_is_under(op->dst, DOTCLAUDE_COPIES) || !is_dotclaude_item(policy, op)))
			return broken(d, "the file %s was not asked for", op->dst);
		if (op->type == PLAN_FILE && path_is_under(op->dst, CLAUDE_MEMORY_PLACE) &&
		    !is_memory_file(policy, op))
			return broken(d, "the file %s was not asked for", op->dst);
		if (op->type == PLAN_MAKE_DIR && !strv_has(&policy->make, op->dst))
			return broken(d, "the directory %s was not asked for", op->dst);
		if (!plan_is_mount(op->type))
			continue;
		if (!asked_for(p, policy, op))
			return broken(d, "%s %s was not asked for", plan_type_name(op->type), op->dst);
		tree = writable_tree(policy, op->dst);
		if (op->stage == PLAN_STAGE_BWRAP && tree != NULL && !streq(tree->path, op->dst))
			return broken(d, "%s %s: bwrap would follow a link planted in %s",
				      plan_type_name(op->type), op->dst, tree->path);
	}
	return 0;
}

/* What is protected in a writable tree stays where it is: every directory above it is a mount. */
static int verify_pinned(const struct plan *p, const struct policy *policy, const struct plan_op *op,
			 struct diag *d)
{
	const struct policy_entry *tree = writable_tree(policy, op->dst);
	char dir[4096];

	if (tree == NULL || streq(tree->path, op->dst))
		return 0;
	for (const char *s = strchr(op->dst + strlen(tree->path) + 1, '/'); s != NULL;
	     s = strchr(s + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(s - op->dst), op->dst);
		if (plan_find(p, PLAN_PIN, dir) == NULL && plan_find(p, PLAN_RO_BIND, dir) == NULL &&
		    (!policy->dotclaude.mounted || !streq(dir, policy->dotclaude.path) ||
		     plan_find(p, PLAN_RW_BIND, dir) == NULL))
			return broken(d, "%s could be renamed away: %s is not pinned", op->dst, dir);
	}
	return 0;
}

static int verify_entry(const struct plan *p, const struct policy *policy, const struct policy_entry *e,
			struct diag *d)
{
	const struct plan_op *op = at(p, e->path);

	if (entry_of(policy, e->path) != e)
		return 0;
	switch (e->access) {
	case POLICY_HIDDEN:
	case POLICY_EMPTY:
		if (!e->by_mode &&
		    (from_host(op) || (op != NULL && (op->type == PLAN_PROC || op->type == PLAN_DEV))))
			return broken(d, "%s is readable", e->path);
		return 0;
	case POLICY_READ:
		/* Hidden by `mask`, as what else is found in the project. */
		if (e->part == POLICY_AUTORUN && e->via != NULL && op != NULL &&
		    (op->type == PLAN_MASK_FILE || op->type == PLAN_MASK_DIR))
			return 0;
		if (op == NULL || op->type != PLAN_RO_BIND || (e->via != NULL && !streq(op->dst, e->path)))
			return broken(d, "%s is not mounted read-only", e->path);
		return verify_pinned(p, policy, op, d);
	case POLICY_WRITE:
		if (op == NULL || (op->type != PLAN_RW_BIND && op->type != PLAN_PIN))
			return broken(d, "%s is not mounted writable", e->path);
		return 0;
	case POLICY_PRIVATE:
		if (op == NULL ||
		    (op->type != PLAN_TMPFS && !(e->via != NULL && op->type == PLAN_RW_BIND &&
						 (is_dotclaude(p, policy, op) || is_memory(p, policy, op)))))
			return broken(d, "%s is the host's", e->path);
		return e->via != NULL ? verify_pinned(p, policy, op, d) : 0;
	case POLICY_FILE:
		if (op == NULL || op->type != PLAN_DATA)
			return broken(d, "%s is the host's", e->path);
		return 0;
	case POLICY_COPY:
		if (op == NULL || op->type != PLAN_TMPFS || plan_find(p, PLAN_FILE, e->path) == NULL)
			return broken(d, "%s is not a copy", e->path);
		return 0;
	case POLICY_LINK:
	case POLICY_ACCESSES:
		break;
	}
	return 0;
}

static int verify_pins(const struct plan *p, const struct policy *policy, struct diag *d)
{
	for (size_t i = 0; i < policy->pin.n; i++) {
		const struct plan_op *op = plan_find(p, PLAN_PIN, policy->pin.v[i]);
		int r = op != NULL
			    ? verify_pinned(p, policy, op, d)
			    : broken(d, "%s could be renamed away: it is not pinned", policy->pin.v[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int verify_paths(const struct plan *p, const struct policy *policy, struct diag *d)
{
	const struct plan_op *proc = at(p, "/proc"), *dev = at(p, "/dev");
	bool nested = (policy->filter & FILTER_USERNS) != 0;

	if (proc == NULL || proc->type != PLAN_PROC)
		return broken(d, "/proc is the host's");
	if (dev == NULL || dev->type != PLAN_DEV)
		return broken(d, "/dev is the host's");
	if (count(p, PLAN_REMOUNT_RO, "/") != 1 || count(p, PLAN_REMOUNT_RO, "/proc") != (nested ? 0 : 1) ||
	    (nested && at(p, "/proc/sys")->type != PLAN_RO_BIND))
		return broken(d, "the root or /proc takes writes");
	for (size_t i = 0; i < policy->nentry; i++) {
		int r = verify_entry(p, policy, &policy->entry[i], d);

		if (r < 0)
			return r;
	}
	if (verify_pins(p, policy, d) < 0)
		return d->code;
	for (size_t i = 0; i < policy->ncred; i++) {
		const struct policy_cred *c = &policy->cred[i];

		if (c->opened_by == NULL && from_host(at(p, c->path)))
			return broken(d, "the credentials %s (%s) are visible", c->id, c->path);
	}
	return 0;
}

/* The files of no fresh directory can take the machine's memory. */
static int verify_sizes(const struct plan *p, const struct policy *policy, struct diag *d)
{
	size_t fresh = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_op *op = &p->op[i], *size;

		if (op->type != PLAN_TMPFS && op->type != PLAN_DEV)
			continue;
		fresh++;
		size = plan_find(p, PLAN_SIZE, op->dst);
		if (size == NULL || size->number <= 0 || size->number > limit_share(policy, op->dst, NULL))
			return broken(d, "%s can take half of the machine's memory", op->dst);
	}
	return count(p, PLAN_SIZE, NULL) == fresh ? 0 : broken(d, "a size of what is not fresh");
}

/* No config that git on the host reads can be written, or renamed away with its directory. */
static int verify_git(const struct plan *p, const struct policy *policy, struct diag *d)
{
	for (size_t i = 0; i < policy->git.n; i++) {
		const struct policy_git_config *c = &policy->git.config[i];
		const struct plan_op *op = at(p, c->path);
		int r;

		if (op != NULL && (op->type == PLAN_MASK_FILE || op->type == PLAN_MASK_DIR))
			continue;
		if (op == NULL || !streq(op->dst, c->path) ||
		    (op->type != PLAN_LINK && op->type != PLAN_RO_BIND))
			return broken(d, "%s is the host's", c->path);
		r = verify_pinned(p, policy, op, d);
		if (r < 0)
			return r;
	}
	return 0;
}

static int verify_env(const struct plan *p, const struct policy *policy, struct diag *d)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_op *op = &p->op[i];
		bool known = false;

		if (op->type != PLAN_SETENV)
			continue;
		n++;
		for (size_t k = 0; k < policy->nenv && !known; k++)
			known = streq(policy->env[k].name, op->src) && streq(policy->env[k].value, op->data);
		if (!known)
			return broken(d, "the variable %s was not asked for", op->src);
	}
	return n == policy->nenv ? 0 : broken(d, "a variable is missing");
}

int verify_plan(const struct plan *p, const struct policy *policy, struct diag *d)
{
	int r = verify_shape(p, d);

	if (r == 0)
		r = verify_privilege(p, policy, d);
	if (r == 0)
		r = verify_limits(p, policy, d);
	if (r == 0)
		r = verify_filter(p, policy, d);
	if (r == 0)
		r = verify_egress(p, policy, d);
	if (r == 0)
		r = verify_asked(p, policy, d);
	if (r == 0)
		r = verify_paths(p, policy, d);
	if (r == 0)
		r = verify_sizes(p, policy, d);
	if (r == 0)
		r = verify_git(p, policy, d);
	if (r == 0)
		r = verify_env(p, policy, d);
	if (r == 0)
		r = verify_landlock(p, policy, d);
	return r;
}
