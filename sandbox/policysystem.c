/* SPDX-License-Identifier: MIT */
/* What of the system is shown, hidden or made anew. */
#include "policyparts.h"

#include <stdlib.h>

#include "egressmsg.h"
#include "mem.h"
#include "path.h"
#include "util.h"

enum sysdir_kind { SYSDIR_TREE, SYSDIR_SOFTWARE, SYSDIR_DIR, SYSDIR_FILE };

static const struct sysdir {
	const char *path;
	enum sysdir_kind kind;
	const char *why;
} sysdirs[] = {
#define SYSDIR(path, kind, why) { path, SYSDIR_##kind, why },
#include "data/sysdirs.def"
#undef SYSDIR
};

enum sysmask_kind { SYSMASK_FILE, SYSMASK_DIR, SYSMASK_EMPTY };

static const struct sysmask {
	const char *path;
	enum sysmask_kind kind;
	const char *why;
} sysmasks[] = {
#define SYSMASK(path, kind, why) { path, SYSMASK_##kind, why },
#include "data/sysmasks.def"
#undef SYSMASK
};

static const struct {
	const char *path, *why;
} procmasks[] = {
#define PROCMASK(path, why) { path, why },
#include "data/procmasks.def"
};

static void add_system_tree(struct policy *p, const struct host *h, const struct sysdir *row)
{
	const struct host_node *n = host_find(h, row->path);

	if (n == NULL || n->type == HOST_ABSENT)
		return;
	if (n->type == HOST_LINK && row->kind == SYSDIR_TREE) {
		if (n->real == NULL)
			return;
		policy_add(p, POLICY_LINK, POLICY_SYSTEM, row->path, xstrdup(n->link), false,
			   xasprintf("sysdirs.def: %s", row->why));
		if (n->real_type == HOST_DIR && policy_tree(p, n->real) == NULL && !policy_has(p, n->real))
			policy_add(p, POLICY_READ, POLICY_SYSTEM, n->real, xstrdup(n->real), true,
				   xasprintf("sysdirs.def: where %s leads", row->path));
		return;
	}
	if (row->kind == SYSDIR_FILE ? n->real_type != HOST_FILE : n->real_type != HOST_DIR)
		return;
	if (!policy_has(p, n->real))
		policy_add(p, POLICY_READ, POLICY_SYSTEM, n->real, xstrdup(n->real), n->real_type == HOST_DIR,
			   xasprintf("sysdirs.def: %s", row->why));
}

/* /opt/NAME/bin and its like; where that is a link, also what it leads to below NAME. */
static void add_software(struct policy *p, const struct host *h, const char *path, const char *why)
{
	const struct host_node *n = host_find(h, path);
	AUTO_FREE char *name = path_dirname(path);

	if (n == NULL || n->real == NULL || n->real_type != HOST_DIR)
		return;
	if (n->type != HOST_LINK) {
		policy_add(p, POLICY_READ, POLICY_SYSTEM, path, xstrdup(path), true,
			   xasprintf("sysdirs.def: %s", why));
		return;
	}
	policy_add(p, POLICY_LINK, POLICY_SYSTEM, path, xstrdup(n->link), false,
		   xasprintf("sysdirs.def: %s", why));
	if (path_is_under(n->real, name) && !streq(n->real, name) && !policy_has(p, n->real) &&
	    policy_tree(p, n->real) == NULL)
		policy_add(p, POLICY_READ, POLICY_SYSTEM, n->real, xstrdup(n->real), true,
			   xasprintf("sysdirs.def: where %s leads", path));
}

void policy_add_system(struct policy *p, const struct host *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysdirs); i++) {
		if (sysdirs[i].kind != SYSDIR_SOFTWARE) {
			add_system_tree(p, h, &sysdirs[i]);
			continue;
		}
		for (size_t k = 0; k < h->opt_software.n; k++)
			if (host_drive(h, h->opt_software.v[k]) == NULL)
				add_software(p, h, h->opt_software.v[k], sysdirs[i].why);
	}
}

/*
 * False when the modes alone keep the box's uid out; then a mask is not needed
 * and would only cost a mount. What an access list grants beyond the modes, the
 * proof finds: it tries every hidden path.
 */
static bool readable(const struct policy *p, const struct host_node *n)
{
	mode_t bits = n->mode & 07;

	if (n->uid == p->kernel_uid)
		bits = (n->mode >> 6) & 07;
	else if (n->gid == p->kernel_gid)
		bits = (n->mode >> 3) & 07;
	for (size_t i = 0; i < p->ngroups && n->uid != p->kernel_uid; i++)
		if (p->groups[i] == n->gid)
			bits |= (n->mode >> 3) & 07;
	return n->real_type == HOST_DIR ? (bits & 05) != 0 : (bits & 04) != 0;
}

void policy_hide(struct policy *p, const struct host_node *n, bool empty, char *why)
{
	policy_add(p, empty ? POLICY_EMPTY : POLICY_HIDDEN, POLICY_SYSTEM, n->real, NULL,
		   n->real_type == HOST_DIR, why);
	p->entry[p->nentry - 1].by_mode = !readable(p, n);
}

void policy_add_masks(struct policy *p, const struct host *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysmasks); i++) {
		const struct sysmask *row = &sysmasks[i];
		const struct host_node *n = host_find(h, row->path);

		if (n == NULL || n->real == NULL || policy_tree(p, n->real) == NULL || policy_has(p, n->real))
			continue;
		if (n->empty_dir)
			continue;
		policy_hide(p, n, row->kind == SYSMASK_EMPTY, xasprintf("sysmasks.def: %s", row->why));
	}
	/* The fresh /proc has the files that the host's has: it is the same kernel's. */
	for (size_t i = 0; i < ARRAY_SIZE(procmasks); i++) {
		const struct host_node *n = host_find(h, procmasks[i].path);

		if (n != NULL && n->real != NULL)
			policy_hide(p, n, false, xasprintf("procmasks.def: %s", procmasks[i].why));
	}
}

/* A generated file in place of the host's, where that exists at a path that the plan can cover. */
static void add_file(struct policy *p, const struct host *h, const char *path, char *text, const char *why)
{
	const struct host_node *n = host_find(h, path);

	if (n == NULL || n->real == NULL || n->real_type != HOST_FILE || policy_has(p, n->real)) {
		free(text);
		return;
	}
	policy_add(p, POLICY_FILE, POLICY_SYSTEM, n->real, text, false, xstrdup(why));
}

/* The only name server that can be reached from inside. */
static void add_resolv(struct policy *p, const struct host *h, const struct host_node *resolv)
{
	if (resolv == NULL || resolv->real == NULL || resolv->real_type != HOST_FILE) {
		strv_add(&p->notes,
			 "names are not resolved inside: this machine has no /etc/resolv.conf, in whose "
			 "place the sandbox's would be");
		return;
	}
	add_file(p, h, "/etc/resolv.conf", xstrdup("nameserver " EGRESS_NAME_SERVER "\n"),
		 "names are resolved by egress, those of allowed hosts alone");
}

void policy_add_generated(struct policy *p, const struct host *h)
{
	const struct host_node *resolv = host_find(h, "/etc/resolv.conf");

	add_file(p, h, "/etc/passwd",
		 xasprintf("root:x:0:0:root:/root:/usr/sbin/nologin\n"
			   "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
			   "%s:x:%u:%u:%s:%s:%s\n",
			   p->user, p->uid, p->gid, p->user, p->home, p->shell),
		 "the host's accounts stay out");
	add_file(p, h, "/etc/group",
		 xasprintf("root:x:0:\ntty:x:5:\nnogroup:x:65534:\n%s:x:%u:\n", p->user, p->gid),
		 "the host's groups stay out");
	add_file(p, h, "/etc/hosts",
		 xstrdup("127.0.0.1 localhost claude-sandbox\n::1 localhost ip6-localhost ip6-loopback "
			 "claude-sandbox\n"),
		 "the host's names stay out");
	if (p->egress != POLICY_EGRESS_NONE)
		add_resolv(p, h, resolv);
	/* Without a network the host's file in a visible tree names servers that can't be reached. */
	else if (!p->net_host && resolv != NULL && resolv->real != NULL &&
		 policy_tree(p, resolv->real) == NULL)
		add_file(p, h, "/etc/resolv.conf", xstrdup("# no network in this sandbox\n"),
			 "no resolver without a network");
	if (p->net_host && resolv != NULL && resolv->real != NULL && policy_tree(p, resolv->real) == NULL)
		policy_add(p, POLICY_READ, POLICY_SYSTEM, resolv->real, xstrdup(resolv->real), false,
			   xstrdup("where /etc/resolv.conf leads; network of the host"));
}

void policy_add_private(struct policy *p)
{
	static const struct {
		const char *path, *why;
	} fresh[] = {
		{ "/tmp", "fresh: the host's /tmp holds sockets and other programs' files" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fresh); i++)
		policy_add(p, POLICY_PRIVATE, POLICY_SYSTEM, fresh[i].path, NULL, true,
			   xstrdup(fresh[i].why));
	policy_add(p, POLICY_LINK, POLICY_SYSTEM, "/var/tmp", xstrdup("/tmp"), false,
		   xstrdup("fresh: as /tmp"));
	policy_add(p, POLICY_PRIVATE, POLICY_HOME, p->home, NULL, true,
		   xstrdup("the home keeps its path but is fresh: nothing of the host's is in it"));
}
