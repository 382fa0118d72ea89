/* SPDX-License-Identifier: MIT */
/*
 * What this run is allowed: settings x host facts -> policy. Pure: no system
 * calls, no order. Guard rails on the project and on requested binds are in
 * guard.c.
 */
#include "policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "claude.h"
#include "dotclaude.h"
#include "env.h"
#include "git.h"
#include "escape.h"
#include "filter.h"
#include "guard.h"
#include "mem.h"
#include "path.h"
#include "policyparts.h"
#include "policytext.h"
#include "proxyurl.h"
#include "state.h"
#include "tools.h"
#include "util.h"

static const struct {
	const char *path, *why;
} procreads[] = {
#define PROCREAD(path, why) { path, why },
#include "data/procmasks.def"
};

static const struct {
	const char *path, *title;
} homeruns[] = {
#define HOMERUN(path, title) { path, title },
#include "data/homerun.def"
};

/* A bind of what stands at n, held to the object that was looked at. */
static void add_object(struct policy *p, enum policy_access access, enum policy_part part,
		       const struct host_node *n, char *why)
{
	policy_add(p, access, part, n->real, xstrdup(n->real), n->real_type == HOST_DIR, why);
	p->entry[p->nentry - 1].dev = n->dev;
	p->entry[p->nentry - 1].ino = n->ino;
}

static int add_binds(const struct conf *conf, const struct host *h, const struct conf_list *list,
		     enum policy_access access, struct policy *p, struct diag *d)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct conf_item *item = &list->item[i];
		const struct host_node *n = host_find(h, item->value);
		bool dup = false;
		int r = guard_bind(p, h, item, n, access, d);

		if (r == 0)
			r = guard_planted(conf, p, h, item, n->real, d);
		if (r < 0)
			return r;
		for (size_t k = 0; k < p->nentry && !dup; k++) {
			struct policy_entry *e = &p->entry[k];

			/* bwrap can't make a link where the bind has something. */
			if (e->access == POLICY_LINK && path_is_under(e->path, n->real)) {
				diag_set(d, -EINVAL, "%s: %s can't be shown whole: %s is the sandbox's own",
					 item->origin, item->value, e->path);
				diag_try(d, "name the directories below it");
				return d->code;
			}
			if (e->part != POLICY_EXTRA || !streq(e->path, n->real))
				continue;
			if (e->access != access)
				return diag_set(d, -EINVAL, "%s: %s is asked for read-only and writable",
						item->origin, item->value);
			dup = true;
		}
		if (!dup)
			add_object(p, access, POLICY_EXTRA, n, xstrdup(item->origin));
	}
	return 0;
}

/* A directory of PATH that is there anyway needs no bind. */
static int add_path_dirs(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d)
{
	struct conf_list hidden = { 0 };
	int r;

	for (size_t i = 0; i < conf->extra_path.n; i++) {
		const struct conf_item *item = &conf->extra_path.item[i];
		const struct host_node *n = host_find(h, item->value);

		if (n != NULL && n->real != NULL && n->real_type != HOST_DIR)
			return diag_set(d, -ENOTDIR, "%s: %s is not a directory", item->origin, item->value);
		strv_add(&p->path_before, n != NULL && n->real != NULL ? n->real : item->value);
		if (n != NULL && n->real != NULL && policy_tree(p, n->real) != NULL &&
		    !policy_has(p, n->real) && !path_is_under(n->real, p->project))
			continue;
		hidden.item = xrealloc_array(hidden.item, hidden.n + 1, sizeof(*hidden.item));
		hidden.item[hidden.n++] = *item;
	}
	r = add_binds(conf, h, &hidden, POLICY_READ, p, d);
	free(hidden.item);
	for (size_t i = 0; i < h->packages.n; i++)
		strv_add(&p->path_before, h->packages.v[i]);
	return r;
}

/* What was asked for by name below the path, or NULL. */
static const struct policy_entry *asked_below(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part >= POLICY_PROJECT && path_is_under(p->entry[i].path, path))
			return &p->entry[i];
	return NULL;
}

static bool is_hidden(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].access == POLICY_HIDDEN && path_is_under(path, p->entry[i].path))
			return true;
	return false;
}

/*
 * Drives of Windows, or of whatever holds this machine, that come along with a tree they are mounted in: a bind takes
 * mounts below it too. A tree that is a drive itself was meant; so is a drive that the project lies on. A mounted file
 * is how containers of virtual machines get their /etc/resolv.conf.
 */
static void add_drives(const struct host *h, struct policy *p)
{
	for (size_t i = 0; i < h->drives.n; i++) {
		const struct host_node *n = host_find(h, h->drives.v[i]);
		size_t entries = p->nentry;

		if (n == NULL || n->real == NULL || n->real_type != HOST_DIR)
			continue;
		for (size_t k = 0; k < entries; k++) {
			const struct policy_entry *e = &p->entry[k], *asked;
			AUTO_FREE char *inside = NULL;

			if ((e->access != POLICY_READ && e->access != POLICY_WRITE) || e->src == NULL ||
			    streq(n->real, e->src) || !path_is_under(n->real, e->src))
				continue;
			inside = path_join(e->path, n->real + strlen(e->src) + 1);
			if (is_hidden(p, inside))
				continue;
			asked = asked_below(p, inside);
			if (asked != NULL) {
				strv_addf(&p->openings,
					  "drive %s: all of it, since %s lies on it and %s is shown", inside,
					  asked->path, e->path);
				continue;
			}
			policy_add(
			    p, POLICY_HIDDEN, POLICY_SYSTEM, inside, NULL, true,
			    xstrdup("a drive of Windows or of the machine's host, mounted in what is shown"));
		}
	}
}

/* A bind that names a masked path itself opens it; one of a directory above it doesn't. */
static void open_requested_masks(struct policy *p)
{
	for (size_t i = 0; i < p->nentry; i++) {
		struct policy_entry *e = &p->entry[i];

		if (e->part != POLICY_EXTRA)
			continue;
		for (size_t k = 0; k < p->nentry; k++) {
			struct policy_entry *m = &p->entry[k];

			if ((m->access != POLICY_HIDDEN && m->access != POLICY_EMPTY) ||
			    !path_is_under(e->path, m->path))
				continue;
			strv_addf(&p->openings, "%s (%s): opened, asked for by %s", m->path, m->why, e->why);
			free(m->path);
			free(m->why);
			*m = p->entry[--p->nentry];
			k--;
			e = &p->entry[i];
		}
	}
}

static void copy_rules(const struct conf_list *list, struct strv *pattern, struct strv *from)
{
	for (size_t i = 0; i < list->n; i++) {
		strv_add(pattern, list->item[i].value);
		strv_add(from, list->item[i].origin);
	}
}

/* A pattern for everybody: "*", or a network of no length; with or without a port. */
static bool is_everybody(const char *pattern)
{
	const char *slash = strrchr(pattern, '/');

	if (pattern[0] == '*')
		return pattern[1] == '\0' || pattern[1] == ':';
	return slash != NULL && slash[1] == '0' && (slash[2] == '\0' || strchr("]:", slash[2]) != NULL);
}

/* As open as --net open, if at fewer ports. */
static void say_everybody(const struct conf_list *allow, struct policy *p)
{
	for (size_t i = 0; i < allow->n; i++)
		if (is_everybody(allow->item[i].value))
			strv_addf(
			    &p->openings,
			    "network: every public host (%s), asked for by %s; the project and what the "
			    "agent may read can leave to any of them",
			    allow->item[i].value, allow->item[i].origin);
}

static void set_ports(const struct conf *conf, struct policy *p)
{
	for (size_t i = 0; i < conf->host_port.n && p->egress == POLICY_EGRESS_NONE && !p->net_host; i++)
		strv_addf(&p->notes, "network: none (%s): port %s of the host can't be reached (%s)",
			  conf_net_origin(conf), conf->host_port.item[i].value,
			  conf->host_port.item[i].origin);
	for (size_t i = 0; i < conf->publish.n && p->egress == POLICY_EGRESS_NONE && !p->net_host; i++)
		strv_addf(&p->notes, "network: none (%s): port %s inside is not published (%s)",
			  conf_net_origin(conf), conf->publish.item[i].value, conf->publish.item[i].origin);
	if (p->egress == POLICY_EGRESS_NONE)
		return;
	for (size_t i = 0; i < conf->host_port.n; i++)
		strv_addf(
		    &p->openings,
		    "port %s of the host's loopback, asked for by %s: what runs inside can talk to what "
		    "listens there",
		    conf->host_port.item[i].value, conf->host_port.item[i].origin);
	for (size_t i = 0; i < conf->publish.n; i++)
		strv_addf(
		    &p->openings,
		    "port %s inside, asked for by %s: who is on the host, a browser too, can talk to what "
		    "listens there",
		    conf->publish.item[i].value, conf->publish.item[i].origin);
	copy_rules(&conf->host_port, &p->host_port, &p->host_port_from);
	copy_rules(&conf->publish, &p->publish, &p->publish_from);
}

static void set_egress_log(const struct conf *conf, const struct host *h, struct policy *p)
{
	const char *file = conf->egress_log;
	AUTO_FREE char *folder = policy_state(h);
	AUTO_FREE char *name = state_egress_log(p->project);

	if (file == NULL && conf->unlogged != NULL && p->egress != POLICY_EGRESS_NONE)
		strv_addf(
		    &p->notes,
		    "network: no connection is logged (BUBBLE_CLAUDE_NO_PROXY), though %s asks for it; the "
		    "hosts stand in the sum at the end alone",
		    conf->unlogged);
	if (file == NULL)
		return;
	if (p->net_host) {
		strv_addf(&p->weaker, "network of the host (%s): no connection is logged (%s)",
			  conf_net_origin(conf), conf->egress_log_origin);
		return;
	}
	if (p->egress == POLICY_EGRESS_NONE) {
		strv_addf(&p->notes, "network: none (%s): there is no connection to log (%s)",
			  conf_net_origin(conf), conf->egress_log_origin);
		return;
	}
	p->egress_log_auto = streq(file, "auto");
	p->egress_log = p->egress_log_auto ? path_join(folder, name) : xstrdup(file);
	p->egress_log_from = xstrdup(conf->egress_log_origin);
	strv_addf(&p->notes, "network: each connection is logged in %s", p->egress_log);
}

/* The hosts that the caller's other programs reach without their proxy. True: all are. */
static bool add_direct(const struct conf *conf, struct policy *p)
{
	AUTO_STRV struct strv odd = { 0 };
	bool all = conf->no_proxy != NULL && proxyurl_direct(conf->no_proxy, &p->direct, &odd);

	for (size_t i = 0; i < p->direct.n; i++)
		strv_add(&p->direct_from, "NO_PROXY");
	for (size_t i = 0; i < odd.n; i++) {
		proxyurl_hide_value(odd.v[i]);
		strv_addf(&p->notes, "network: NO_PROXY: no host or network, and left out: %.100s%s",
			  odd.v[i], strlen(odd.v[i]) > 100 ? "..." : "");
	}
	return all;
}

static void set_upstream(const struct conf *conf, struct policy *p)
{
	const char *url = conf->upstream, *from = conf->upstream_origin, *why;
	AUTO_FREE char *place = NULL;
	struct proxyurl u;

	if (url == NULL && p->egress != POLICY_EGRESS_NONE && conf->http_proxy)
		strv_add(&p->notes, "network: egress connects by itself: HTTP_PROXY is a proxy for http:// "
				    "alone; --upstream URL is for all");
	if (url == NULL || streq(url, PROXYURL_NONE))
		return;
	/* What is found in the environment was not asked for. */
	if (p->egress == POLICY_EGRESS_NONE) {
		if (!conf->upstream_found)
			strv_addf(p->net_host ? &p->weaker : &p->notes,
				  "network %s (%s): nothing of ours goes out by the proxy (%s)",
				  p->net_host ? "of the host" : "none", conf_net_origin(conf), from);
		return;
	}
	why = proxyurl_parse(url, &u);
	if (why != NULL) {
		strv_addf(&p->notes,
			  "network: egress connects by itself, not by the proxy of %s: %s; --upstream says "
			  "another, or none",
			  from, why);
		return;
	}
	if (add_direct(conf, p)) {
		strv_addf(&p->notes,
			  "network: egress connects by itself, not by the proxy (%s): NO_PROXY is *", from);
		strv_done(&p->direct);
		strv_done(&p->direct_from);
		return;
	}
	place = proxyurl_place(&u);
	strv_addf(
	    &p->openings,
	    "network: by the proxy %s, asked for by %s: the address of a host that is allowed is for it to "
	    "choose, one of its own network too",
	    place, from);
	p->upstream = TAKE_PTR(place);
	p->upstream_from = xstrdup(from);
	p->upstream_auth = u.auth[0] != '\0' ? xstrdup(u.auth) : NULL;
}

/* Nothing is protected by it: without a mitmdump the rest goes on, said. */
static int set_mitmproxy(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d)
{
	static const char option[] = "--mitmproxy";
	AUTO_FREE char *folder = policy_state(h);
	AUTO_FREE char *name = state_flows(p->project);

	if (!conf->mitmproxy)
		return 0;
	if (p->egress == POLICY_EGRESS_NONE) {
		strv_addf(p->net_host ? &p->weaker : &p->notes,
			  "network %s (%s): there are no flows to keep (%s)",
			  p->net_host ? "of the host" : "none", conf_net_origin(conf), option);
		return 0;
	}
	if (p->upstream != NULL) {
		diag_set(d, -EINVAL, "%s, and the proxy %s, asked for by %s: egress goes out by one of them",
			 option, p->upstream, p->upstream_from);
		diag_try(d, "--upstream none, or without %s", option);
		return -EINVAL;
	}
	if (h->mitmdump == NULL) {
		strv_addf(&p->notes,
			  "network: no flow is kept (%s): there is no mitmdump in PATH; try: apt-get install "
			  "mitmproxy "
			  "(or your distribution's package of that name)",
			  option);
		return 0;
	}
	p->mitmdump = xstrdup(h->mitmdump);
	p->flows = path_join(folder, name);
	strv_addf(
	    &p->notes,
	    "network: by %s, which keeps in %s what goes out in the clear, and of all else who was reached",
	    p->mitmdump, p->flows);
	return 0;
}

static void set_network(const struct conf *conf, struct policy *p)
{
	size_t rules = conf->allow_host.n + conf->deny_host.n + conf->narrow.n;

	p->net_host = conf_net(conf) == CONF_NET_HOST;
	if (p->net_host)
		strv_addf(&p->weaker,
			  "network of the host (%s): the loopback, the local network, metadata services and "
			  "abstract sockets of the host are within reach",
			  conf_net_origin(conf));
	if (p->net_host && rules > 0)
		strv_addf(&p->weaker, "network of the host (%s): the rules for hosts (%zu) are not in force",
			  conf_net_origin(conf), rules);
	if (p->net_host && conf->port.n > 0)
		strv_addf(&p->weaker, "network of the host (%s): the allowed ports (%zu) are not in force",
			  conf_net_origin(conf), conf->port.n);
	if (conf_net(conf) == CONF_NET_NONE && conf->allow_host.n > 0)
		strv_addf(&p->notes, "network: none (%s): the hosts that are allowed (%zu) can't be reached",
			  conf_net_origin(conf), conf->allow_host.n);
	if (conf_net(conf) == CONF_NET_NONE || p->net_host)
		return;
	if (streq(conf_net_origin(conf), "--yolo"))
		strv_add(&p->notes,
			 "network: filtered to the built-in list of the agent, registries and code hosts "
			 "(--yolo); --allow-host HOST adds one");
	p->egress = conf_net(conf) == CONF_NET_OPEN ? POLICY_EGRESS_OPEN : POLICY_EGRESS_FILTERED;
	/* The default is said by the banner. */
	if (p->egress == POLICY_EGRESS_OPEN && !streq(conf_net_origin(conf), "built-in"))
		strv_addf(&p->openings,
			  "network: every public host, asked for by %s; the project and what the "
			  "agent may read can leave to any of them",
			  conf_net_origin(conf));
	if (p->egress == POLICY_EGRESS_OPEN && conf->allow_host.n > 0)
		strv_addf(&p->openings, "network: the hosts that are allowed (%zu) narrow nothing (%s)",
			  conf->allow_host.n, conf_net_origin(conf));
	if (p->egress == POLICY_EGRESS_OPEN && conf->narrow.n > 0)
		strv_addf(&p->openings,
			  "network: the hosts that the project's file leaves (%zu) narrow nothing (%s)",
			  conf->narrow.n, conf_net_origin(conf));
	/* Alone they would allow everything else, which the rules of a project must not. */
	if (p->egress == POLICY_EGRESS_FILTERED && conf->allow_host.n == 0) {
		if (conf->narrow.n > 0)
			strv_addf(&p->notes,
				  "network: filtered, and of the hosts that you allow the project's file "
				  "leaves none (%s); --allow-host HOST allows one",
				  conf->narrow.item[0].origin);
		else
			strv_add(&p->notes,
				 "network: filtered, and no host is allowed; --allow-host HOST allows one, "
				 "--net open --deny-host HOST all but that");
		return;
	}
	if (p->egress == POLICY_EGRESS_FILTERED)
		say_everybody(&conf->allow_host, p);
	copy_rules(&conf->allow_host, &p->allow, &p->allow_from);
	copy_rules(&conf->deny_host, &p->deny, &p->deny_from);
	copy_rules(&conf->port, &p->port, &p->port_from);
}

static void set_seccomp(const struct conf *conf, struct policy *p)
{
	p->no_seccomp = conf->no_seccomp;
	if (p->no_seccomp)
		strv_add(&p->weaker,
			 "no system call filter (CLAUDE_SANDBOX_NO_SECCOMP=1): the whole kernel interface is "
			 "within reach");
	for (size_t i = 0; i < conf->blocked_syscalls.n; i++)
		strv_add(&p->blocked_syscalls, conf->blocked_syscalls.item[i].value);
}

/* The caller's locale is that of his terminal. */
static const char *locale_of(char *const *env)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = env_get(env, names[i]);

		if (value != NULL && *value != '\0')
			return value;
	}
	return NULL;
}

static void set_terminal(const struct conf *conf, const struct host *h, struct policy *p)
{
	const char *origin = conf->value[CONFKEY_TTY_MODE].origin;

	p->tty_charset = escape_charset_of(locale_of(h->env));
	p->tty_direct = conf->value[CONFKEY_TTY_MODE].n == CONF_TTY_DIRECT;
	if (p->tty_direct)
		strv_addf(&p->openings,
			  "terminal: the caller's own, with its settings, its session and all escape "
			  "sequences, asked for by %s",
			  origin != NULL ? origin : "built-in");
	for (size_t i = 0; i < conf->tty_allow.n && !p->tty_direct; i++) {
		enum escape_class c = escape_class_of(conf->tty_allow.item[i].value);

		p->tty_allow |= 1u << c;
		strv_addf(&p->openings, "terminal, %s: %s, asked for by %s", escape_class_name(c),
			  escape_class_words(c), conf->tty_allow.item[i].origin);
	}
}

/* "keys/" means the directory: no name that a walk finds ends with a slash. */
static char *mask_of(const char *glob)
{
	size_t n = strlen(glob);

	while (n > 1 && glob[n - 1] == '/')
		n--;
	return xstrndup(glob, n);
}

/* What is to stay writable, relative to the project; one opening each. */
static int set_allow_autorun(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d)
{
	for (size_t i = 0; i < conf->allow_autorun.n; i++) {
		const struct conf_item *item = &conf->allow_autorun.item[i];
		AUTO_FREE char *expanded = path_expand(item->value, h->home);
		char *path = path_clean(p->project, expanded);
		bool in_tree = false;

		strv_take(&p->allow_autorun, path);
		for (size_t k = 0; k < p->nentry; k++) {
			const struct policy_entry *e = &p->entry[k];

			if (e->part < POLICY_PROJECT || e->access != POLICY_WRITE)
				continue;
			if (path_is_under(e->path, path)) {
				diag_set(d, -EINVAL, "%s: %s is all of %s", item->origin, item->value,
					 e->path);
				diag_try(d, "the files or directories that are meant");
				return d->code;
			}
			in_tree |= path_is_under(path, e->path);
		}
		if (!in_tree) {
			diag_set(d, -EINVAL, "%s: %s lies in nothing that is writable", item->origin,
				 item->value);
			diag_try(d, "a path in the project, or relative to it");
			return d->code;
		}
		strv_addf(&p->openings,
			  "autorun %s: writable, though programs of the host may act on it; asked for by %s",
			  path, item->origin);
	}
	return 0;
}

/* Whether the command is a path of the agent that is shown: its own flag is for no other program. */
static bool is_agent(const struct host *h, const struct policy *p, const char *command)
{
	AUTO_FREE char *path = path_clean(p->project, command);

	for (size_t i = 0; i < h->nagent; i++)
		if (p->agent != NULL && streq(p->agent, h->agent[i].path) &&
		    (streq(path, h->agent[i].path) || streq(path, h->agent[i].real)))
			return true;
	return false;
}

/* The command, by default the agent; --yolo is the agent's own switch of another name. */
static int set_command(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d)
{
	const char *name = conf->command.n > 0 ? conf->command.v[0] : "claude";

	if (conf->yolo && strchr(name, '/') != NULL && !is_agent(h, p, name)) {
		diag_set(d, -EINVAL, "--yolo: only for claude; %.200s is no installation of it", name);
		diag_try(d, "leaving out --yolo");
		return d->code;
	}
	strv_add(&p->command, conf->agent && p->agent_by_path ? p->agent : name);
	if (conf->yolo)
		strv_add(&p->command, "--dangerously-skip-permissions");
	for (size_t i = 1; i < conf->command.n; i++)
		strv_add(&p->command, conf->command.v[i]);
	return 0;
}

/* The ssh agent's socket, at a path of its own. Whoever answers there learns what is to be signed: it must be the user's. */
static int add_ssh_agent(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d)
{
	const struct conf_value *asked = &conf->value[CONFKEY_SSH_AGENT];
	const char *value = env_get(h->env, "SSH_AUTH_SOCK"), *by = asked->origin;
	const struct policy_entry *w;
	AUTO_FREE char *path = value != NULL && *value == '/' ? path_clean("/", value) : NULL;
	const struct host_node *n = path != NULL ? host_find(h, path) : NULL;

	if (asked->n == 0)
		return 0;
	if (value == NULL || *value == '\0') {
		diag_set(d, -ENOENT, "%s: there is no ssh agent: SSH_AUTH_SOCK is not set", by);
		diag_try(d, "eval \"$(ssh-agent)\", or --no-ssh-agent");
		return d->code;
	}
	if (n == NULL || n->real == NULL)
		diag_set(d, -ENOENT, "%s: no ssh agent at SSH_AUTH_SOCK=%.200s", by, value);
	else if (n->real_type != HOST_SOCKET)
		diag_set(d, -EINVAL, "%s: SSH_AUTH_SOCK=%.200s is no socket", by, value);
	else if ((w = policy_written(p, n->real)) != NULL || (w = policy_written(p, path)) != NULL)
		diag_set(d, -EPERM, "%s: SSH_AUTH_SOCK=%.200s lies in %s, which the sandbox can write", by,
			 value, w->path);
	else if (n->uid != p->kernel_uid)
		diag_set(d, -EPERM, "%s: SSH_AUTH_SOCK=%.200s belongs to uid %u, the sandbox is uid %u", by,
			 value, n->uid, p->kernel_uid);
	if (d->code != 0) {
		diag_try(d, "SSH_AUTH_SOCK of your own agent, or --no-ssh-agent");
		return d->code;
	}
	add_object(p, POLICY_READ, POLICY_SYSTEM, n, xasprintf("the ssh agent, asked for by %s", by));
	free(p->entry[p->nentry - 1].path);
	p->entry[p->nentry - 1].path = xstrdup(POLICY_SSH_AGENT);
	p->ssh_agent = true;
	return 0;
}

static const struct {
	enum confkey key;
	unsigned filter;
	const char *words;
} requested[] = {
#define OPENING(key, filter, probes, calls, words) { CONFKEY_##key, FILTER_##filter, words },
#include "data/openings.def"
#undef OPENING
};

/* What flags of the config open. */
static void add_openings(const struct conf *conf, struct policy *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(requested); i++) {
		const struct conf_value *v = &conf->value[requested[i].key];

		if (v->n == 0 || (requested[i].key == CONFKEY_WSL_INTEROP && !p->wsl))
			continue;
		p->filter |= requested[i].filter;
		strv_addf(&p->openings, "%s, asked for by %s", requested[i].words,
			  v->origin != NULL ? v->origin : "built-in");
	}
}

static void set_limits(const struct conf *conf, struct policy *p)
{
	for (size_t i = 0; i < LIMITS; i++)
		if (conf->limit[i].n > 0)
			p->limit[i] = (struct conf_limit){ .n = conf->limit[i].n,
							   .origin = xstrdup(conf->limit[i].origin) };
}

/* A user namespace wants its maps written, in /proc, which then can't be read-only as a whole. */
static void open_userns(const struct host *h, struct policy *p)
{
	if ((p->filter & FILTER_USERNS) == 0)
		return;
	p->disable_userns = false;
	for (size_t i = 0; i < ARRAY_SIZE(procreads); i++) {
		const struct host_node *n = host_find(h, procreads[i].path);

		if (n != NULL && n->real != NULL && streq(n->real, procreads[i].path))
			policy_add(p, POLICY_READ, POLICY_SYSTEM, n->real, NULL, n->real_type == HOST_DIR,
				   xasprintf("procmasks.def: %s", procreads[i].why));
	}
}

/* What a Windows program is started through: /init, which the kernel runs for it, and the sockets that it asks. */
static void add_wsl(const struct conf *conf, const struct host *h, struct policy *p)
{
	static const char *const paths[] = { "/init", "/run/WSL" };
	const struct conf_value *asked = &conf->value[CONFKEY_WSL_INTEROP];

	if (asked->n == 0)
		return;
	p->wsl = h->wsl;
	if (!h->wsl)
		strv_addf(&p->notes, "wsl_interop (%s): this machine is no WSL, there is nothing to open",
			  asked->origin);
	for (size_t i = 0; i < ARRAY_SIZE(paths) && h->wsl; i++) {
		const struct host_node *n = host_find(h, paths[i]);

		if (n == NULL || n->real == NULL || (n->real_type != HOST_FILE && n->real_type != HOST_DIR))
			strv_addf(&p->notes, "wsl_interop (%s): there is no %s, Windows programs won't start",
				  asked->origin, paths[i]);
		else {
			add_object(p, POLICY_READ, POLICY_SYSTEM, n,
				   xasprintf("the interop of WSL, asked for by %s", asked->origin));
			p->entry[p->nentry - 1].asked = true;
		}
	}
}

/* What the home has for programs of the host to act on, be it there or not. */
static void name_home(const struct host *h, struct policy *p)
{
	static const char config[] = ".config/";
	const char *xdg = env_get(h->env, "XDG_CONFIG_HOME");

	if (*h->home == '\0')
		return;
	for (size_t i = 0; i < ARRAY_SIZE(homeruns); i++) {
		const char *path = homeruns[i].path;

		strv_take(&p->named.home, xdg != NULL && *xdg == '/' && str_starts(path, config)
					      ? path_join(xdg, path + strlen(config))
					      : path_join(h->home, path));
		strv_addf(&p->named.home_why, "homerun.def: %s", homeruns[i].title);
	}
	claude_name(h, p);
}

/* A directory of PATH by itself; an empty one is the directory that one is in. */
static void name_path(const struct host *h, struct policy *p)
{
	const char *path = env_get(h->env, "PATH");

	while (path != NULL) {
		size_t n = strcspn(path, ":");
		AUTO_FREE char *dir = n > 0 ? xstrndup(path, n) : xstrdup(".");

		if (!strv_has(&p->named.path, dir))
			strv_add(&p->named.path, dir);
		path = path[n] == ':' ? path + n + 1 : NULL;
	}
}

int policy_resolve(const struct conf *conf, const struct host *h, struct policy *ret, struct diag *d)
{
	const struct host_node *project = host_find(h, conf->project);
	int r;

	*ret = (struct policy){ 0 };
	r = guard_host(conf, h, d);
	if (r < 0)
		return r;
	r = guard_project(conf, h, project, d);
	if (r < 0)
		return r;
	ret->project = xstrdup(project->real);
	ret->home = xstrdup(guard_home(h) ? h->home : "/home/user");
	ret->bwrap = xstrdup(h->bwrap.path);
	ret->as_pid_1 = h->bwrap.as_pid_1;
	ret->disable_userns = h->bwrap.disable_userns;
	ret->landlock_abi = h->landlock_abi;
	r = policy_set_identity(h, project, ret, d);
	if (r < 0)
		return r;
	set_network(conf, ret);
	set_ports(conf, ret);
	set_egress_log(conf, h, ret);
	ret->session_report = conf->session_report != NULL ? xstrdup(conf->session_report) : NULL;
	set_upstream(conf, ret);
	r = set_mitmproxy(conf, h, ret, d);
	if (r < 0)
		return r;
	set_seccomp(conf, ret);
	set_terminal(conf, h, ret);
	set_limits(conf, ret);
	policy_add_system(ret, h);
	ret->shell = env_shell(h, ret);
	policy_add_generated(ret, h);
	policy_add_private(ret);
	policy_add_masks(ret, h);
	add_object(ret, POLICY_WRITE, POLICY_PROJECT, project, xstrdup("the project"));
	r = add_binds(conf, h, &conf->extra_ro, POLICY_READ, ret, d);
	if (r == 0)
		r = add_binds(conf, h, &conf->extra_bind, POLICY_WRITE, ret, d);
	if (r == 0)
		r = add_path_dirs(conf, h, ret, d);
	if (r == 0)
		r = set_allow_autorun(conf, h, ret, d);
	if (r == 0)
		r = add_ssh_agent(conf, h, ret, d);
	if (r < 0)
		return r;
	add_wsl(conf, h, ret);
	tools_add_home(conf, h, ret);
	add_drives(h, ret);
	open_requested_masks(ret);
	agent_add(h, ret);
	name_home(h, ret);
	name_path(h, ret);
	claude_add(conf, h, ret);
	r = git_add(conf, h, ret, d);
	if (r < 0)
		return r;
	dotclaude_add(h, ret);
	policy_add_creds(h, ret);
	policy_add_other_creds(h, ret);
	r = tools_add_caches(conf, h, ret, d);
	if (r < 0)
		return r;
	tools_add_links(conf, h, ret);
	r = policy_add_blocked(conf, h, ret, d);
	if (r < 0)
		return r;
	for (size_t i = 0; i < conf->mask.n; i++)
		strv_take(&ret->mask, mask_of(conf->mask.item[i].value));
	add_openings(conf, ret);
	open_userns(h, ret);
	r = set_command(conf, h, ret, d);
	if (r == 0)
		r = env_build(conf, h, ret, d);
	ret->text = policytext_make(conf, ret);
	return r;
}

void policy_start_done(struct policy_start *s)
{
	free(s->dir);
	free(s->top);
	free(s->name);
	free(s->why);
}

void policy_done(struct policy *p)
{
	for (size_t i = 0; i < p->nentry; i++) {
		free(p->entry[i].path);
		free(p->entry[i].src);
		free(p->entry[i].via);
		free(p->entry[i].why);
	}
	for (size_t i = 0; i < p->nenv; i++) {
		free(p->env[i].name);
		free(p->env[i].value);
		free(p->env[i].why);
	}
	for (size_t i = 0; i < p->ncred; i++) {
		free(p->cred[i].path);
		free(p->cred[i].opened_by);
	}
	free(p->entry);
	free(p->env);
	free(p->cred);
	free(p->groups);
	free(p->project);
	free(p->home);
	free(p->user);
	free(p->shell);
	for (size_t i = 0; i < p->nstage; i++) {
		free(p->stage[i].src);
		free(p->stage[i].dst);
		free(p->stage[i].why);
	}
	free(p->stage);
	strv_done(&p->make);
	free(p->state);
	free(p->cache);
	dotclaude_done(&p->dotclaude);
	for (size_t i = 0; i < p->git.n; i++) {
		free(p->git.config[i].dir);
		free(p->git.config[i].path);
		free(p->git.config[i].host);
		free(p->git.config[i].copy);
	}
	free(p->git.config);
	strv_done(&p->git.listed);
	strv_done(&p->git.admin);
	strv_done(&p->git.tree);
	strv_done(&p->named.hooks);
	strv_done(&p->named.programs);
	strv_done(&p->named.agent);
	strv_done(&p->named.set);
	strv_done(&p->named.env);
	strv_done(&p->named.path);
	strv_done(&p->named.config);
	strv_done(&p->named.home);
	strv_done(&p->named.home_why);
	for (size_t i = 0; i < p->named.nstart; i++)
		policy_start_done(&p->named.start[i]);
	free(p->named.start);
	strv_done(&p->notes);
	free(p->claude.inside);
	free(p->claude.dir);
	free(p->claude.login);
	for (size_t i = 0; i < p->claude.memory.n; i++) {
		free(p->claude.memory.file[i].name);
		free(p->claude.memory.file[i].text);
	}
	free(p->claude.memory.file);
	free(p->claude.memory.path);
	free(p->agent);
	free(p->agent_why);
	strv_done(&p->path_before);
	strv_done(&p->path_after);
	free(p->path_only);
	free(p->text);
	strv_done(&p->keep);
	free(p->bwrap);
	free(p->init);
	strv_done(&p->mask);
	strv_done(&p->allow_autorun);
	strv_done(&p->pin);
	strv_done(&p->blocked_syscalls);
	strv_done(&p->blocked);
	strv_done(&p->blocked_from);
	for (size_t i = 0; i < p->nblocked_file; i++)
		free(p->blocked_file[i].path);
	free(p->blocked_file);
	strv_done(&p->weaker);
	strv_done(&p->allow);
	strv_done(&p->allow_from);
	strv_done(&p->deny);
	strv_done(&p->deny_from);
	strv_done(&p->port);
	strv_done(&p->port_from);
	strv_done(&p->host_port);
	strv_done(&p->host_port_from);
	strv_done(&p->publish);
	strv_done(&p->publish_from);
	free(p->session_report);
	free(p->egress_log);
	free(p->egress_log_from);
	free(p->upstream);
	free(p->upstream_from);
	free(p->upstream_auth);
	free(p->mitmdump);
	free(p->flows);
	strv_done(&p->direct);
	strv_done(&p->direct_from);
	strv_done(&p->openings);
	for (size_t i = 0; i < LIMITS; i++)
		free(p->limit[i].origin);
	strv_done(&p->command);
	*p = (struct policy){ 0 };
}
