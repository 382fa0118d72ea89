/* SPDX-License-Identifier: MIT */
/* The phases in their order, from settings to a verified plan. */
#include "prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agentwords.h"
#include "dotclaude.h"
#include "jsonslice.h"
#include "log.h"
#include "mem.h"
#include "packages.h"
#include "path.h"
#include "scan.h"
#include "trust.h"
#include "util.h"
#include "verify.h"

/* The budget for a huge project is 20 ms more at start. */
#define SCAN_MS 15

char *prepare_libexec(struct diag *d)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	AUTO_FREE char *dir = NULL;

	if (n <= 0) {
		diag_errno(d, -errno, "/proc/self/exe");
		return NULL;
	}
	exe[n] = '\0';
	dir = path_dirname(exe);
	/* bin/claude-sandbox, or libexec/claude-sandbox/suite */
	if (strcmp(path_basename(dir), "claude-sandbox") == 0)
		return TAKE_PTR(dir);
	return path_join(dir, "../libexec/claude-sandbox");
}

/* One name at a time only when something is wrong, to say which line of the config it stands in. */
static int filter_error(const struct conf *conf, struct diag *d)
{
	for (size_t i = 0; i < conf->blocked_syscalls.n; i++) {
		const struct conf_item *item = &conf->blocked_syscalls.item[i];
		struct filter one = { 0 };
		struct diag why = { 0 };
		int r = filter_build(filter_native_arch(), &item->value, 1, &one, &why);

		filter_done(&one);
		if (r < 0) {
			diag_set(d, r, "%s: %s", item->origin, why.msg);
			diag_try(d, "%s", why.try);
			return r;
		}
	}
	return d->code;
}

static int make_filter(const struct conf *conf, const struct policy *policy, struct filter *ret,
		       struct diag *d)
{
	int r;

	if (policy->no_seccomp)
		return 0;
	if (policy->blocked_syscalls.n == 0 && policy->filter == 0)
		return filter_default(filter_native_arch(), ret, d);
	if (policy->blocked_syscalls.n == 0 && policy->filter == FILTER_TELL)
		return filter_default_told(filter_native_arch(), ret, d);
	r = filter_build_with(filter_native_arch(), policy->filter, policy->blocked_syscalls.v,
			      policy->blocked_syscalls.n, ret, d);
	return r < 0 ? filter_error(conf, d) : r;
}

static void add_servers(struct jsonslice object, struct strv *commands, struct strv *set)
{
	struct jsonslice servers = jsonslice_get(object, "mcpServers");

	if (servers.s == NULL)
		return;
	agentwords_collect(servers.s, servers.n, AGENTWORDS_SERVERS, commands);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_ARGUMENTS, commands);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_HELPERS, commands);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_SERVER_VARIABLES, commands);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_SERVER_ASSIGNMENTS, set);
}

/* What the user's own settings of the agent start, in whatever project, and what his variables name. */
static void find_commands(const struct host *h, struct policy *p)
{
	const struct host_claude *c = &h->claude;
	struct strv *commands = &p->named.agent, *set = &p->named.set;

	for (size_t i = 0; i < c->n; i++)
		if (c->entry[i].text.bytes != NULL && str_starts(c->entry[i].name, "settings.")) {
			const char *text = c->entry[i].text.bytes;

			agentwords_collect(text, strlen(text), AGENTWORDS_SETTINGS, commands);
			agentwords_collect(text, strlen(text), AGENTWORDS_HOOK_ARGUMENTS, commands);
			agentwords_collect(text, strlen(text), AGENTWORDS_VARIABLES, commands);
			agentwords_collect(text, strlen(text), AGENTWORDS_ASSIGNMENTS, set);
		}
	agentwords_environment(h->env, &p->named.env);
	if (c->config.bytes != NULL) {
		struct jsonslice all = jsonslice_of(c->config.bytes);

		add_servers(all, commands, set);
		add_servers(jsonslice_get(jsonslice_get(all, "projects"), p->project), commands, set);
	}
}

/*
 * Without a limit where the rest would be weaker than asked for: a name that
 * `mask` hides may lie beyond, and in a box of root's a setuid file. Nor where
 * nobody goes on after the start.
 */
static int make_plan(struct prepared *p, int rootfd, bool launch, struct diag *d)
{
	bool all = !launch || p->policy.mask.n > 0 || p->policy.identity != POLICY_SELF;
	struct scan *scan = &p->scan;
	int r;

	find_commands(&p->host, &p->policy);
	r = scan_trees(&p->policy, rootfd, p->host.mounts, all ? 0 : SCAN_MS, scan, d);

	for (size_t i = 0; i < scan->notes.n; i++)
		strv_add(&p->policy.notes, scan->notes.v[i]);
	for (size_t i = 0; i < scan->weaker.n; i++)
		strv_add(&p->policy.weaker, scan->weaker.v[i]);
	autorun_add(&p->policy, &scan->autorun);
	p->policy.named.start = scan->start;
	p->policy.named.nstart = scan->nstart;
	scan->start = NULL;
	scan->nstart = 0;
	/* What is found later can be made read-only, no more. */
	if (!p->policy.dotclaude.mounted)
		dotclaude_done(&p->policy.dotclaude);
	return r == 0 ? compose_plan(&p->policy, &p->filter, &scan->found, &p->plan, d) : r;
}

/* A test leaves the home as it is: what a launch would first make there is left out. */
static int make_policy(const struct conf *conf, const struct host *h, struct policy *ret, struct diag *d)
{
	AUTO_STRV struct strv missing = { 0 };
	struct conf without = *conf;
	int r = policy_resolve(conf, h, ret, d);

	for (size_t i = 0; r == 0 && i < ret->make.n; i++)
		if (access(ret->make.v[i], F_OK) < 0)
			strv_add(&missing, ret->make.v[i]);
	if (!conf->claude_as_is || missing.n == 0)
		return r;
	policy_done(ret);
	without.claude_without = &missing;
	return policy_resolve(&without, h, ret, d);
}

int prepare(const struct conf *conf, char *const *env, struct prepared *ret, struct diag *d)
{
	return prepare_with(conf, env, NULL, NULL, ret, d);
}

int prepare_with(const struct conf *conf, char *const *env,
		 void (*bwrap_known)(const struct host *h, void *arg), void *arg, struct prepared *ret,
		 struct diag *d)
{
	struct host_source src = { .env = env, .bwrap_known = bwrap_known, .arg = arg };
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *libexec = NULL;
	int r;

	*ret = (struct prepared){ 0 };
	if (root < 0)
		return diag_errno(d, -errno, "/");
	src.rootfd = root;
	r = host_load(&src, conf, &ret->host, d);
	if (r < 0)
		return r;
	ret->phase = PREPARE_REQUEST;
	r = packages_resolve(conf, env, conf->mode == CONF_LAUNCH, &ret->host.packages, d);
	if (r == 0)
		r = make_policy(conf, &ret->host, &ret->policy, d);
	if (r < 0)
		return r;
	ret->phase = PREPARE_PARTS;
	libexec = prepare_libexec(d);
	if (libexec == NULL)
		return d->code;
	ret->policy.init = path_join(libexec, "init");
	for (int i = 0; i < 3; i++)
		ret->policy.terminals |= isatty(i) ? 1u << i : 0;
	if (access(ret->policy.init, X_OK) < 0) {
		diag_errno(d, -errno, "%s", ret->policy.init);
		diag_try(d, "make install, or the package again");
		return d->code;
	}
	ret->phase = PREPARE_REQUEST;
	r = trust_check(conf, env, &ret->policy, d);
	if (r == 0)
		r = make_filter(conf, &ret->policy, &ret->filter, d);
	/* One may begin, or end, during the search. */
	if (r == 0 && conf->mode == CONF_LAUNCH)
		beside_look(&ret->beside, &ret->policy, env);
	if (r == 0)
		r = make_plan(ret, root, conf->mode == CONF_LAUNCH, d);
	if (r == 0 && conf->mode == CONF_LAUNCH) {
		beside_look(&ret->beside, &ret->policy, env);
		beside_judge(&ret->beside, &ret->policy);
	}
	if (r < 0)
		return r;
	ret->phase = PREPARE_PLAN;
	return verify_plan(&ret->plan, &ret->policy, d);
}

void prepare_done(struct prepared *p)
{
	beside_done(&p->beside);
	scan_done(&p->scan);
	plan_done(&p->plan);
	filter_done(&p->filter);
	policy_done(&p->policy);
	host_done(&p->host);
}
