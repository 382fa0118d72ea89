/* SPDX-License-Identifier: MIT */
/* Who the box is. */
#include "policyparts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

/*
 * Kernel uid of a box that root starts on a project of root's. Below systemd's
 * dynamic users (61184), above its container and homed ranges (60706-61183 is
 * unassigned in its UIDS-GIDS document); the next free one is taken when an
 * account has it.
 */
#define IDMAP_UID      61000
#define IDMAP_UID_LAST 61183

#define UID_INSIDE_FOR_ROOT 1000

/* The line of uid in passwd text: name (owned), gid and whether it exists. */
static char *account_of(const char *passwd, uid_t uid, gid_t *ret_gid)
{
	for (const char *line = passwd; *line != '\0'; line = *line != '\0' ? line + 1 : line) {
		const char *end = strchrnul(line, '\n');
		const char *name = memchr(line, ':', (size_t)(end - line));
		const char *id = name != NULL ? memchr(name + 1, ':', (size_t)(end - name - 1)) : NULL;
		char *after;

		if (id != NULL && strtoul(id + 1, &after, 10) == uid && *after == ':' && after > id + 1) {
			*ret_gid = (gid_t)strtoul(after + 1, NULL, 10);
			return xstrndup(line, (size_t)(name - line));
		}
		line = end;
	}
	return NULL;
}

/* Supplementary groups of `name` in the text of /etc/group. */
static void groups_of(const char *group, const char *name, struct policy *p)
{
	size_t len = strlen(name);

	for (const char *line = group; *line != '\0'; line = *line != '\0' ? line + 1 : line) {
		const char *end = strchrnul(line, '\n');
		const char *a = memchr(line, ':', (size_t)(end - line));
		const char *b = a != NULL ? memchr(a + 1, ':', (size_t)(end - a - 1)) : NULL;
		const char *c = b != NULL ? memchr(b + 1, ':', (size_t)(end - b - 1)) : NULL;

		for (const char *m = c; m != NULL && m < end;) {
			const char *next = memchr(m + 1, ',', (size_t)(end - m - 1));
			const char *stop = next != NULL ? next : end;

			if ((size_t)(stop - m - 1) == len && strncmp(m + 1, name, len) == 0) {
				p->groups = xrealloc_array(p->groups, p->ngroups + 1, sizeof(*p->groups));
				p->groups[p->ngroups++] = (gid_t)strtoul(b + 1, NULL, 10);
			}
			m = next;
		}
		line = end;
	}
}

static void identity_self(const struct host *h, struct policy *p)
{
	p->identity = POLICY_SELF;
	p->kernel_uid = p->uid = h->uid;
	p->kernel_gid = p->gid = h->gid;
	p->user = xstrdup(h->user);
	p->groups = h->ngroups > 0 ? xmemdup(h->groups, h->ngroups * sizeof(*h->groups)) : NULL;
	p->ngroups = h->ngroups;
}

static int identity_of_root(const struct host *h, const struct host_node *project, struct policy *p,
			    struct diag *d)
{
	gid_t gid = project->gid;
	AUTO_FREE char *name = NULL;

	if (project->uid != 0) {
		name = account_of(h->passwd, project->uid, &gid);
		p->identity = POLICY_DROP;
		p->kernel_uid = p->uid = project->uid;
		/* gid 0 would keep root's group inside */
		p->kernel_gid = p->gid = gid != 0 ? gid : project->uid;
		if (name != NULL)
			groups_of(h->group, name, p);
		p->user = name != NULL ? TAKE_PTR(name) : xstrdup("user");
		return 0;
	}
	p->identity = POLICY_IDMAP;
	p->uid = p->gid = UID_INSIDE_FOR_ROOT;
	p->user = xstrdup("user");
	for (uid_t u = IDMAP_UID; u <= IDMAP_UID_LAST; u++) {
		AUTO_FREE char *taken = account_of(h->passwd, u, &gid);

		if (taken != NULL)
			continue;
		p->kernel_uid = u;
		p->kernel_gid = u;
		return 0;
	}
	return diag_set(d, -EPERM, "no free uid between %d and %d to run root's sandbox as", IDMAP_UID,
			IDMAP_UID_LAST);
}

int policy_set_identity(const struct host *h, const struct host_node *project, struct policy *p,
			struct diag *d)
{
	int r = 0;

	if (h->uid != h->euid)
		return diag_set(d, -EPERM,
				"started with uid %u and effective uid %u: setuid starts are refused", h->uid,
				h->euid);
	if (h->euid == 0)
		r = identity_of_root(h, project, p, d);
	else
		identity_self(h, p);
	if (r < 0)
		return r;
	/* The generated passwd file has these names already. */
	if (streq(p->user, "root") || streq(p->user, "nobody")) {
		free(p->user);
		p->user = xstrdup("user");
	}
	return 0;
}
