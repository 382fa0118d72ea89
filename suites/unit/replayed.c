/* SPDX-License-Identifier: MIT */
#include "replayed.h"

#include <linux/audit.h>

#include "mem.h"
#include "unit.h"

const char *const replayed_machines[REPLAYED_MACHINES] = {
	"debian-merged-usr",
	"debian-split-usr",
	"ubuntu-apparmor",
	"nixos",
	"wsl2",
	"no-userns",
	"root-home-root",
	"home-outside",
	"fedora-usr-sbin-merge",
	"opensuse-certs",
};

void replayed_open(struct replayed *r, const char *machine, const char *project)
{
	const char *pwd;

	ck_assert_msg(recorded_open(machine, &r->rec, &r->diag) == 0, "%s", r->diag.msg);
	pwd = env_get(r->rec.env.v, "PWD");
	ck_assert_ptr_nonnull(pwd);
	r->conf.project = xstrdup(project != NULL ? project : pwd);
	r->conf.project_given = project != NULL;
	conf_defaults(&r->conf);
}

void replayed_extra(struct conf_list *list, const char *path, const char *origin)
{
	list->item = xrealloc_array(list->item, list->n + 1, sizeof(*list->item));
	list->item[list->n++] = (struct conf_item){ .value = xstrdup(path), .origin = xstrdup(origin) };
}

int replayed_host(struct replayed *r)
{
	struct host_source source = recorded_source(&r->rec);

	return host_load(&source, &r->conf, &r->host, &r->diag);
}

int replayed_policy(struct replayed *r)
{
	int x = replayed_host(r);

	return x < 0 ? x : policy_resolve(&r->conf, &r->host, &r->policy, &r->diag);
}

int replayed_plan(struct replayed *r)
{
	int x = replayed_policy(r);

	if (x == 0)
		x = (r->policy.filter & FILTER_TELL) != 0
			? filter_default_told(AUDIT_ARCH_X86_64, &r->filter, &r->diag)
			: filter_default(AUDIT_ARCH_X86_64, &r->filter, &r->diag);
	return x < 0 ? x : compose_plan(&r->policy, &r->filter, NULL, &r->plan, &r->diag);
}

void replayed_done(struct replayed *r)
{
	plan_done(&r->plan);
	filter_done(&r->filter);
	policy_done(&r->policy);
	host_done(&r->host);
	conf_done(&r->conf);
	recorded_done(&r->rec);
}
