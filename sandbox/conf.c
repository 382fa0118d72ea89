/* SPDX-License-Identifier: MIT */
/*
 * The layers of settings, each value with its origin. A setting that this
 * version can't follow is refused by name: never is something else run than
 * what was asked for. What is there on the machine is for `host` to say; only
 * the config file itself is looked at, and whether the project is a directory.
 */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conffile.h"
#include "confkey.h"
#include "confnarrow.h"
#include "egress/hostrules.h"
#include "egressmsg.h"
#include "json.h"
#include "mem.h"
#include "opt.h"
#include "path.h"
#include "proxyurl.h"
#include "util.h"

#define CONF_CARET_MAX 100 /* of a pattern that is shown with a caret */

bool conf_is_test_mode(enum conf_mode mode)
{
	return mode == CONF_TEST || mode == CONF_SECURITY_TEST;
}

/* The slot of a value, or the free one where it would stand. */
static uint32_t *conf_slot(const struct conf_list *list, const char *value)
{
	size_t i = hash_text(value) & (list->slots - 1);

	while (list->slot[i] != 0 && !streq(list->item[list->slot[i] - 1].value, value))
		i = (i + 1) & (list->slots - 1);
	return &list->slot[i];
}

/* Slots for one more. */
static void conf_grow(struct conf_list *list)
{
	if (list->slots > 2 * (list->n + 1))
		return;
	free(list->slot);
	list->slots = list->slots > 0 ? 4 * list->slots : 16;
	list->slot = xcalloc(list->slots, sizeof(*list->slot));
	for (size_t i = 0; i < list->n; i++)
		*conf_slot(list, list->item[i].value) = (uint32_t)i + 1;
}

void conf_add(struct conf_list *list, const char *value, const char *origin)
{
	uint32_t *slot;

	conf_grow(list);
	slot = conf_slot(list, value);
	if (*slot != 0)
		return;
	*slot = (uint32_t)list->n + 1;
	/* Doubles at powers of two, so the capacity needs no field. */
	if ((list->n & (list->n - 1)) == 0)
		list->item = xrealloc_array(list->item, list->n > 0 ? list->n * 2 : 1, sizeof(*list->item));
	list->item[list->n++] = (struct conf_item){ .value = xstrdup(value), .origin = xstrdup(origin) };
}

void conf_list_done(struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->item[i].value);
		free(list->item[i].origin);
	}
	free(list->item);
	free(list->slot);
	*list = (struct conf_list){ 0 };
}

void conf_done(struct conf *c)
{
	conf_list_done(&c->extra_bind);
	conf_list_done(&c->extra_ro);
	conf_list_done(&c->extra_path);
	for (size_t i = 0; i < ARRAY_SIZE(c->packages); i++)
		conf_list_done(&c->packages[i]);
	conf_list_done(&c->mask);
	conf_list_done(&c->allow_autorun);
	conf_list_done(&c->allow_host);
	conf_list_done(&c->deny_host);
	conf_list_done(&c->narrow);
	conf_list_done(&c->port);
	conf_list_done(&c->host_port);
	conf_list_done(&c->publish);
	conf_list_done(&c->env);
	conf_list_done(&c->blocked_syscalls);
	conf_list_done(&c->blocked_commands);
	conf_list_done(&c->tty_allow);
	for (size_t i = 0; i < LIMITS; i++)
		free(c->limit[i].origin);
	strv_done(&c->command);
	strv_done(&c->only);
	strv_done(&c->unsaved);
	free(c->project);
	for (enum confkey key = 0; key < CONFKEYS; key++)
		free(c->value[key].origin);
	for (size_t i = 0; i < c->ntext; i++) {
		free(c->text[i].name);
		free(c->text[i].text);
	}
	free(c->text);
	free(c->config_file);
	free(c->project_file);
	free(c->explain);
	free(c->session_report);
	free(c->egress_log);
	free(c->egress_log_origin);
	free(c->unlogged);
	free(c->upstream);
	free(c->upstream_origin);
	free(c->no_proxy);
	free(c->output);
	free(c->fail_on);
	free(c->waivers);
	free(c->waivers_origin);
	free(c->baseline_file);
	*c = (struct conf){ .status_fd = -1 };
}

void conf_defaults(struct conf *c)
{
	for (enum confkey key = 0; key < CONFKEYS; key++) {
		const struct confkey_row *row = confkey_row(key);

		if (row->type == CONFKEY_TYPE_CHOICE && row->now)
			c->value[key].n = opt_choice(row->choices, row->dflt);
		if (row->type == CONFKEY_TYPE_FLAG && row->now)
			c->value[key].n = streq(row->dflt, "true");
	}
}

enum conf_net conf_net(const struct conf *c)
{
	return (enum conf_net)c->value[CONFKEY_NETWORK_MODE].n;
}

const char *conf_net_origin(const struct conf *c)
{
	const char *origin = c->value[CONFKEY_NETWORK_MODE].origin;

	return origin != NULL ? origin : "built-in";
}

void conf_set(struct conf *c, enum confkey key, int n, const char *origin)
{
	c->value[key].n = n;
	free(c->value[key].origin);
	c->value[key].origin = xstrdup(origin);
}

void conf_set_limit(struct conf *c, enum limit_id id, uint64_t n, const char *origin)
{
	c->limit[id].n = n;
	free(c->limit[id].origin);
	c->limit[id].origin = xstrdup(origin);
}

/* --- the config file */

int conf_apply_text(struct conf *c, const char *name, const char *text, size_t len, const char *home,
		    struct diag *d)
{
	return conffile_apply(c, name, text, len, home, CONFFILE_OF_USER, d);
}

/* "LINE:COLUMN: " */
static bool conf_place(const char *s, size_t *line, size_t *column)
{
	int n = 0;

	return sscanf(s, "%zu:%zu: %n", line, column, &n) == 2 && n > 0 && *line > 0 && *column > 0;
}

void conf_show(const struct conf *c, struct diag *d)
{
	for (size_t i = 0; i < c->ntext; i++) {
		const struct conf_text *t = &c->text[i];
		struct json_doc doc = { .name = t->name, .text = t->text, .len = t->len };
		size_t n = strlen(t->name), line, column;

		/* One that has two lines shows it already. */
		if (!str_starts(d->msg, t->name) || d->msg[n] != ':' || strchr(d->msg, '\n') != NULL ||
		    !conf_place(d->msg + n + 1, &line, &column))
			continue;
		json_show(&doc, line, column, d);
		return;
	}
}

static int conf_read_config(struct conf *c, const struct opt_line *line, char *const *env, const char *cwd,
			    const char *home, struct diag *d)
{
	const struct opt_given *g = opt_find(line, OPT_CONFIG);
	const char *asked = g != NULL ? g->value : env_get(env, "CLAUDE_SANDBOX_CONFIG");
	const char *by = g != NULL ? "--config" : "CLAUDE_SANDBOX_CONFIG";
	const char *xdg = env_get(env, "XDG_CONFIG_HOME");
	AUTO_FREE char *path = NULL;

	if (c->no_config)
		return 0;
	if (asked != NULL && (g != NULL || asked[0] != '\0')) {
		const char *reason = confkey_bad_path(asked, home);

		if (reason != NULL)
			return diag_set(d, -EINVAL, "%s: %s", by, reason);
		path = confkey_path(asked, cwd, home);
		return conffile_read(c, path, true, home, d);
	}
	/* The base directory specification says to ignore a relative one. */
	if (xdg != NULL && xdg[0] == '/')
		path = path_join(xdg, "claude-sandbox/config.json");
	else if (home[0] == '/')
		path = path_join(home, ".config/claude-sandbox/config.json");
	if (path == NULL) {
		c->config_missing = c->config_homeless = true;
		return 0;
	}
	return conffile_read(c, path, false, home, d);
}

/* --- the environment */

/* "1" is true; "0", "" and unset are false; anything else is refused. */
static int conf_env_flag(char *const *env, const char *name, bool *ret, struct diag *d)
{
	const char *v = env_get(env, name);

	if (v != NULL && v[0] != '\0' && !streq(v, "0") && !streq(v, "1")) {
		diag_set(d, -EINVAL, "%s: must be 1 or 0, not %.100s", name, v);
		diag_try(d, "unset %s", name);
		return -EINVAL;
	}
	*ret = v != NULL && streq(v, "1");
	return 0;
}

enum conf_variable { CONF_FLAG, CONF_TEXT };
enum conf_when { CONF_LATER, CONF_NOW, CONF_HONOURED, CONF_INSIDE };

static const struct {
	const char *name;
	enum conf_variable kind;
	enum conf_when when;
} conf_variables[] = {
#define ENVVAR(name, kind, when, help) { name, CONF_##kind, CONF_##when },
#include "data/opt.def"
};

/* A variable of a later version: refused when it asks for something else than what is done. */
static int conf_refuse_later(char *const *env, size_t row, struct diag *d)
{
	const char *name = conf_variables[row].name, *v = env_get(env, name);
	bool set = v != NULL && v[0] != '\0';
	int r = conf_variables[row].kind == CONF_FLAG ? conf_env_flag(env, name, &set, d) : 0;

	if (r < 0 || !set)
		return r;
	diag_set(d, -EINVAL, "%s: not in this version", name);
	diag_try(d, "unset %s", name);
	return -EINVAL;
}

/* A variable that looks like one of ours: a misspelt one must not be skipped. */
static int conf_refuse_unknown(const char *entry, struct diag *d)
{
	const char *names[ARRAY_SIZE(conf_variables)], *near;
	AUTO_FREE char *name = xstrndup(entry, strcspn(entry, "="));

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		names[i] = conf_variables[i].name;
		if (streq(names[i], name))
			return 0;
	}
	near = opt_nearest(name, names, ARRAY_SIZE(names));
	diag_set(d, -EINVAL, "%.100s: no such variable", name);
	if (near != NULL)
		diag_try(d, "%s", near);
	else
		diag_try(d, "unset it; claude-sandbox(1) lists them");
	return -EINVAL;
}

static int conf_check_variables(char *const *env, struct diag *d)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(conf_variables); i++) {
		if (conf_variables[i].when == CONF_LATER)
			r = conf_refuse_later(env, i, d);
	}
	for (size_t i = 0; r == 0 && env != NULL && env[i] != NULL; i++) {
		if (str_starts(env[i], "CLAUDE_SANDBOX_"))
			r = conf_refuse_unknown(env[i], d);
	}
	return r;
}

static void conf_set_net(struct conf *c, enum conf_net net, const char *origin)
{
	conf_set(c, CONFKEY_NETWORK_MODE, (int)net, origin);
}

/* A flag that no config file can hold. */
static int conf_env_unsaved(struct conf *c, char *const *env, const char *name, bool *ret, struct diag *d)
{
	int r = conf_env_flag(env, name, ret, d);

	if (*ret)
		strv_addf(&c->unsaved, "%s=1", name);
	return r;
}

/* A choice of a key, by its name. */
static int conf_env_choice(struct conf *c, char *const *env, const char *name, enum confkey key,
			   struct diag *d)
{
	const char *v = env_get(env, name), *choices = confkey_row(key)->choices;
	int n = v != NULL && v[0] != '\0' ? opt_choice(choices, v) : 0;

	if (v == NULL || v[0] == '\0')
		return 0;
	if (n < 0) {
		diag_set(d, -EINVAL, "%s: must be one of %s, not %.100s", name, choices, v);
		diag_try(d, "unset %s", name);
		return -EINVAL;
	}
	conf_set(c, key, n, name);
	return 0;
}

/* Directories with colons between, as in PATH; an empty one would mean the project. */
static int conf_env_path(struct conf *c, char *const *env, const char *name, const char *home, struct diag *d)
{
	const char *s = env_get(env, name);

	while (s != NULL && *s != '\0') {
		size_t n = strcspn(s, ":");
		AUTO_FREE char *dir = xstrndup(s, n);
		AUTO_FREE char *path = NULL;
		const char *reason = n > 0 ? confkey_bad_path_dir(dir, home) : NULL;

		if (n > 0 && reason == NULL && dir[0] != '/' && dir[0] != '~')
			reason = "is not absolute";
		if (reason != NULL) {
			diag_set(d, -EINVAL, "%s: %.200s: %s", name, dir, reason);
			diag_try(d, "unset %s", name);
			return -EINVAL;
		}
		if (n > 0) {
			path = confkey_path(dir, "/", home);
			conf_add(&c->extra_path, path, name);
		}
		s += n + (s[n] == ':');
	}
	return 0;
}

/* The proxy that the caller's other programs go out by, unless the config says which. */
static void conf_find_upstream(struct conf *c, char *const *env)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	static const char *const plain[] = { "http_proxy", "HTTP_PROXY" };
	const char *direct = env_get(env, "no_proxy");

	if (direct == NULL || direct[0] == '\0')
		direct = env_get(env, "NO_PROXY");
	if (direct != NULL && direct[0] != '\0')
		c->no_proxy = xstrdup(direct);
	for (size_t i = 0; i < ARRAY_SIZE(names) && c->upstream == NULL; i++) {
		const char *url = env_get(env, names[i]);

		if (url == NULL || url[0] == '\0')
			continue;
		c->upstream = xstrdup(url);
		c->upstream_origin = xstrdup(names[i]);
		c->upstream_found = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		const char *url = env_get(env, plain[i]);

		c->http_proxy = c->http_proxy || (url != NULL && url[0] != '\0');
	}
}

static int conf_apply_env(struct conf *c, char *const *env, const char *home, struct diag *d)
{
	const char *agent = env_get(env, "CLAUDE_SANDBOX_SSH_AGENT");
	bool no_net_ns = false, no_filter = false, lend = false, no_log = false;
	int r = conf_check_variables(env, d);

	if (r == 0)
		r = conf_env_flag(env, "CLAUDE_SANDBOX_SSH_AGENT", &lend, d);
	if (r == 0 && agent != NULL && agent[0] != '\0')
		conf_set(c, CONFKEY_SSH_AGENT, lend, "CLAUDE_SANDBOX_SSH_AGENT");
	if (r == 0)
		r = conf_env_choice(c, env, "CLAUDE_SANDBOX_PROFILE", CONFKEY_PROFILE, d);
	if (r == 0)
		r = conf_env_path(c, env, "CLAUDE_SANDBOX_EXTRA_PATH", home, d);

	if (r == 0)
		r = conf_env_unsaved(c, env, "CLAUDE_SANDBOX_NO_SECCOMP", &c->no_seccomp, d);
	if (r == 0)
		r = conf_env_unsaved(c, env, "CLAUDE_SANDBOX_NO_SECCOMP_ACCEPT", &c->no_seccomp_accept, d);
	if (r == 0)
		r = conf_env_unsaved(c, env, "CLAUDE_SANDBOX_VERBOSE", &c->verbose, d);
	if (r == 0)
		r = conf_env_flag(env, "CLAUDE_SANDBOX_NO_NET_NS", &no_net_ns, d);
	if (r == 0)
		r = conf_env_flag(env, "CLAUDE_SANDBOX_NO_EGRESS_FILTER", &no_filter, d);
	if (r == 0)
		r = conf_env_flag(env, "BUBBLE_CLAUDE_NO_PROXY", &no_log, d);
	if (r == 0 && no_log && c->egress_log != NULL) {
		c->unlogged = TAKE_PTR(c->egress_log_origin);
		free(TAKE_PTR(c->egress_log));
	}
	conf_find_upstream(c, env);
	if (r == 0 && no_filter)
		conf_set_net(c, CONF_NET_OPEN, "CLAUDE_SANDBOX_NO_EGRESS_FILTER");
	if (r == 0 && no_net_ns)
		conf_set_net(c, CONF_NET_HOST, "CLAUDE_SANDBOX_NO_NET_NS");
	return r;
}

/* --- the options */

static int conf_apply_path(struct conf_list *list, const struct opt_given *g, const char *cwd,
			   const char *home, struct diag *d)
{
	AUTO_FREE char *origin = xasprintf("--%s", opt_row(g->id)->name);
	AUTO_FREE char *path = NULL;
	const char *reason = confkey_bad_path(g->value, home);

	if (reason != NULL)
		return diag_set(d, -EINVAL, "%s %.100s: %s", origin, g->value, reason);
	path = confkey_path(g->value, cwd, home);
	conf_add(list, path, origin);
	return 0;
}

static int conf_apply_mask(struct conf *c, const struct opt_given *g, const char *home, struct diag *d)
{
	const char *reason = confkey_bad_mask(g->value, home);

	if (reason != NULL)
		return diag_set(d, -EINVAL, "--mask %.100s: %s", g->value, reason);
	conf_add(&c->mask, g->value, "--mask");
	return 0;
}

/* "\n    PATTERN\n      ^", the caret below byte `at`; empty where bytes and columns differ. Owned. */
static char *conf_caret(const char *pattern, size_t at)
{
	size_t n = strlen(pattern);

	for (size_t i = 0; i < n; i++)
		if (pattern[i] < ' ' || pattern[i] > '~')
			return xstrdup("");
	return n > CONF_CARET_MAX ? xstrdup("") : xasprintf("\n    %s\n    %*s^", pattern, (int)at, "");
}

static int conf_apply_host(struct conf *c, const struct opt_given *g, struct diag *d)
{
	bool allow = g->id == OPT_ALLOW_HOST;
	const char *option = allow ? "--allow-host" : "--deny-host";
	AUTO_FREE char *caret = NULL;
	struct hostname_fault fault;

	if (hostrules_check(allow ? HOSTRULES_ALLOW : HOSTRULES_DENY, g->value, strlen(g->value), &fault) <
	    0) {
		caret = conf_caret(g->value, fault.at);
		diag_set(d, -EINVAL, "%s %.100s: %s (character %zu)%s", option, g->value, fault.why,
			 fault.at + 1, caret);
		diag_try(d, "%s api.example.com, '*.example.com', github.com:22, 10.1.2.3:5432", option);
		return -EINVAL;
	}
	conf_add(allow ? &c->allow_host : &c->deny_host, g->value, option);
	return 0;
}

static int conf_apply_port(struct conf *c, const struct opt_given *g, struct diag *d)
{
	AUTO_FREE char *option = xasprintf("--%s", opt_row(g->id)->name);
	const char *reason = confkey_bad_port(g->value, "");

	if (reason != NULL) {
		diag_set(d, -EINVAL, "%s %.100s: %s", option, g->value, reason);
		diag_try(d, "%s 8080", option);
		return -EINVAL;
	}
	conf_add(g->id == OPT_PUBLISH ? &c->publish : &c->host_port, g->value, option);
	return 0;
}

static int conf_apply_limit(struct conf *c, const char *text, struct diag *d)
{
	AUTO_FREE char *caret = NULL;
	struct limit_item item = { 0 };
	struct limit_fault fault = { 0 };
	size_t at = 0;
	int r;

	while ((r = limitset_next(text, &at, &item, &fault)) > 0) {
		const struct conf_limit *now = &c->limit[item.id];

		if (now->n != 0 && now->n != item.n && streq(now->origin, "--limit")) {
			snprintf(fault.why, sizeof(fault.why), "%s is given twice, with different values",
				 limitset_row(item.id)->name);
			fault.at = item.from;
			r = -EINVAL;
			break;
		}
		conf_set_limit(c, item.id, item.n, "--limit");
	}
	if (r == 0)
		return 0;
	caret = conf_caret(text, fault.at);
	diag_set(d, r, "--limit %.100s: %s (character %zu)%s", text, fault.why, fault.at + 1, caret);
	diag_try(d, "--limit memory=4G,tasks=512,cpu=200%%,disk=2G");
	return r;
}

static int conf_apply_autorun(struct conf *c, const struct opt_given *g, const char *home, struct diag *d)
{
	const char *reason = confkey_bad_path(g->value, home);

	if (reason != NULL)
		return diag_set(d, -EINVAL, "--allow-autorun %.100s: %s", g->value, reason);
	conf_add(&c->allow_autorun, g->value, "--allow-autorun");
	return 0;
}

static int conf_apply_waivers(struct conf *c, const struct opt_given *g, const char *cwd, const char *home,
			      struct diag *d)
{
	const char *reason = confkey_bad_path(g->value, home);

	if (reason != NULL)
		return diag_set(d, -EINVAL, "--waivers %.100s: %s", g->value, reason);
	free(c->waivers);
	free(c->waivers_origin);
	c->waivers = confkey_path(g->value, cwd, home);
	c->waivers_origin = xstrdup("--waivers");
	return 0;
}

static int conf_apply_log(struct conf *c, const struct opt_given *g, const char *cwd, const char *home,
			  struct diag *d)
{
	const char *reason = confkey_bad_path(g->value, home);

	if (reason != NULL)
		return diag_set(d, -EINVAL, "--egress-log %.100s: %s", g->value, reason);
	free(c->egress_log);
	free(c->egress_log_origin);
	c->egress_log = streq(g->value, "auto") ? xstrdup("auto") : confkey_path(g->value, cwd, home);
	c->egress_log_origin = xstrdup("--egress-log");
	return 0;
}

static int conf_apply_report(struct conf *c, const struct opt_given *g, const char *cwd, const char *home,
			     struct diag *d)
{
	const char *reason = confkey_bad_path(g->value, home);

	if (reason != NULL)
		return diag_set(d, -EINVAL, "--session-report %.100s: %s", g->value, reason);
	free(c->session_report);
	c->session_report = confkey_path(g->value, cwd, home);
	return 0;
}

static int conf_apply_upstream(struct conf *c, const char *url, struct diag *d)
{
	struct proxyurl u;
	bool none = proxyurl_is_none(url);
	const char *reason = none ? NULL : proxyurl_parse(url, &u);

	if (reason != NULL) {
		diag_set(d, -EINVAL, "--upstream: %s", reason);
		diag_try(d, "--upstream http://proxy.example:3128, or --upstream none");
		return -EINVAL;
	}
	free(c->upstream);
	free(c->upstream_origin);
	c->upstream = xstrdup(none ? PROXYURL_NONE : url);
	c->upstream_origin = xstrdup("--upstream");
	c->upstream_found = false;
	return 0;
}

static int conf_apply_baseline(struct conf *c, const struct opt_given *g, const char *cwd, const char *home,
			       struct diag *d)
{
	const char *reason = g->value != NULL ? confkey_bad_path(g->value, home) : NULL;

	if (reason != NULL)
		return diag_set(d, -EINVAL, "--%s %.100s: %s", opt_row(g->id)->name, g->value, reason);
	c->baseline = g->id == OPT_BASELINE ? CONF_BASELINE_COMPARE : CONF_BASELINE_ACCEPT;
	free(c->baseline_file);
	c->baseline_file = g->value != NULL ? confkey_path(g->value, cwd, home) : NULL;
	return 0;
}

/* An option whose choices are those of a key, in whatever order. */
static void conf_apply_choice(struct conf *c, enum confkey key, const struct opt_given *g)
{
	AUTO_FREE char *origin = xasprintf("--%s", opt_row(g->id)->name);

	conf_set(c, key, opt_choice(confkey_row(key)->choices, g->value), origin);
}

static int conf_apply_option(struct conf *c, const struct opt_given *g, const char *cwd, const char *home,
			     struct diag *d)
{
	/* An int: modes, and options of later versions, need no case here. */
	switch ((int)g->id) {
	case OPT_YOLO:
		c->yolo = true;
		strv_add(&c->unsaved, "--yolo");
		break;
	case OPT_VERBOSE:
		c->verbose = true;
		strv_add(&c->unsaved, "--verbose");
		break;
	case OPT_QUIET:
		c->quiet = true;
		c->verbose = false;
		strv_add(&c->unsaved, "--quiet");
		break;
	case OPT_STATUS_FD: /* conf_load took it first */
		break;
	case OPT_COLOR:
		c->color = (enum conf_color)g->number;
		break;
	case OPT_EXTRA_BIND:
		return conf_apply_path(&c->extra_bind, g, cwd, home, d);
	case OPT_EXTRA_RO:
		return conf_apply_path(&c->extra_ro, g, cwd, home, d);
	case OPT_NET:
		conf_set_net(c, (enum conf_net)g->number, "--net");
		break;
	case OPT_NO_EGRESS_FILTER:
		conf_set_net(c, CONF_NET_OPEN, "--no-egress-filter");
		break;
	case OPT_NO_NETWORK_ISOLATION:
		conf_set_net(c, CONF_NET_HOST, "--no-network-isolation");
		break;
	case OPT_ALLOW_HOST:
	case OPT_DENY_HOST:
		return conf_apply_host(c, g, d);
	case OPT_MITMPROXY:
		c->mitmproxy = true;
		strv_add(&c->unsaved, "--mitmproxy");
		break;
	case OPT_HOST_PORT:
	case OPT_PUBLISH:
		return conf_apply_port(c, g, d);
	case OPT_SSH_AGENT:
	case OPT_NO_SSH_AGENT:
		conf_set(c, CONFKEY_SSH_AGENT, g->id == OPT_SSH_AGENT,
			 g->id == OPT_SSH_AGENT ? "--ssh-agent" : "--no-ssh-agent");
		break;
	case OPT_PROFILE:
		conf_apply_choice(c, CONFKEY_PROFILE, g);
		break;
	case OPT_TTY:
		conf_apply_choice(c, CONFKEY_TTY_MODE, g);
		break;
	case OPT_CLAUDE_STATE:
		conf_apply_choice(c, CONFKEY_CLAUDE_STATE, g);
		break;
	case OPT_CLAUDE_CREDENTIALS:
		conf_apply_choice(c, CONFKEY_CLAUDE_CREDENTIALS, g);
		break;
	case OPT_MASK:
		return conf_apply_mask(c, g, home, d);
	case OPT_LIMIT:
		return conf_apply_limit(c, g->value, d);
	case OPT_ALLOW_AUTORUN:
		return conf_apply_autorun(c, g, home, d);
	case OPT_ONLY:
		strv_add(&c->only, g->value);
		break;
	case OPT_LAYERS:
		c->layers = true;
		break;
	case OPT_EXPLAIN:
		c->explain = xstrdup(g->value);
		break;
	case OPT_MUTANTS:
		c->mutants = true;
		break;
	case OPT_REQUIRE_ALL:
		c->require_all = true;
		break;
	case OPT_JOBS:
		c->jobs = g->number;
		break;
	case OPT_FAIL_ON:
		free(c->fail_on);
		c->fail_on = xstrdup(g->value);
		break;
	case OPT_WAIVERS:
		return conf_apply_waivers(c, g, cwd, home, d);
	case OPT_EGRESS_LOG:
		return conf_apply_log(c, g, cwd, home, d);
	case OPT_SESSION_REPORT:
		return conf_apply_report(c, g, cwd, home, d);
	case OPT_UPSTREAM:
		return conf_apply_upstream(c, g->value, d);
	case OPT_FORMAT:
		c->format = (enum conf_format)g->number;
		break;
	case OPT_REDACT:
		c->redact = true;
		break;
	case OPT_OUTPUT:
		free(c->output);
		c->output = streq(g->value, "-") ? NULL : confkey_path(g->value, cwd, home);
		break;
	case OPT_BASELINE:
	case OPT_ACCEPT_BASELINE:
		return conf_apply_baseline(c, g, cwd, home, d);
	}
	return 0;
}

static int conf_apply_options(struct conf *c, const struct opt_line *line, const char *cwd, const char *home,
			      struct diag *d)
{
	for (size_t i = 0; i < line->n; i++) {
		int r = conf_apply_option(c, &line->given[i], cwd, home, d);

		if (r < 0)
			return r;
	}
	c->agent = line->n_command == 0 || line->command[0][0] == '-';
	if (line->n_command > 0 && c->agent)
		strv_add(&c->command, "claude");
	for (size_t i = 0; i < line->n_command; i++)
		strv_add(&c->command, line->command[i]);
	return 0;
}

/* --- the project */

static bool conf_is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Whether `word`, whose path would be `path`, can be a command: an executable file, or a program in PATH. */
static bool conf_is_program(const char *word, const char *path, char *const *env)
{
	const char *dirs = env_get(env, "PATH");

	if (strchr(word, '/') != NULL)
		return conf_is_executable(path);
	while (dirs != NULL && *dirs != '\0') {
		size_t n = strcspn(dirs, ":");
		AUTO_FREE char *file = xasprintf("%.*s/%s", (int)n, dirs, word);

		if (n > 0 && conf_is_executable(file))
			return true;
		dirs += n;
		dirs += *dirs == ':';
	}
	return false;
}

static int conf_set_project(struct conf *c, const struct opt_line *line, char *const *env, const char *cwd,
			    const char *home, struct diag *d)
{
	const char *word = line->project, *reason;
	struct stat st;
	bool exists;

	if (word == NULL)
		return 0;
	reason = confkey_bad_path(word, home);
	if (reason != NULL)
		return diag_set(d, -EINVAL, "%.200s: %s", word, reason);
	free(c->project);
	c->project = confkey_path(word, cwd, home);
	c->project_given = true;
	exists = stat(c->project, &st) == 0;
	/* Other failures, such as no permission, are for those who look at the machine. */
	if (exists ? S_ISDIR(st.st_mode) : errno != ENOENT && errno != ENOTDIR)
		return 0;
	diag_set(d, -EINVAL, "%s: %.150s", exists ? "not a directory" : "no such directory", word);
	if (conf_is_program(word, c->project, env))
		diag_set(d, -EINVAL, "%s; to run a command: claude-sandbox -- %.150s", d->msg, word);
	return -EINVAL;
}

/*
 * Rules for hosts mean that there is a network to which they apply, unless something says which it is; a project's
 * own file can't open one. --yolo alone means the hosts of the built-in list, to which --allow-host adds; a list of the
 * user's own says which hosts there are, and --yolo adds nothing to it.
 */
static void conf_imply_filtered(struct conf *c)
{
	bool own_list = false;
	size_t n;
	const struct hostrules_builtin *b = hostrules_builtin(&n);

	if (c->value[CONFKEY_NETWORK_MODE].origin != NULL)
		return;
	for (size_t i = 0; i < c->allow_host.n; i++)
		own_list = own_list || !streq(c->allow_host.item[i].origin, "--allow-host");
	if (c->yolo && !own_list) {
		for (size_t i = 0; i < n; i++)
			conf_add(&c->allow_host, b[i].pattern, "built-in list, --yolo");
		conf_set_net(c, CONF_NET_FILTERED, "--yolo");
	} else if (c->allow_host.n > 0) {
		conf_set_net(c, CONF_NET_FILTERED, c->allow_host.item[0].origin);
	}
}

/* The same directory both writable and read-only: whichever won, it would be other than asked. */
static int conf_check_binds(const struct conf *c, struct diag *d)
{
	for (size_t i = 0; i < c->extra_bind.n; i++) {
		for (size_t k = 0; k < c->extra_ro.n; k++) {
			const struct conf_item *w = &c->extra_bind.item[i], *r = &c->extra_ro.item[k];

			if (streq(w->value, r->value))
				return diag_set(d, -EINVAL,
						"%.200s: writable by %.100s, but read-only by %.100s",
						w->value, w->origin, r->origin);
		}
	}
	return 0;
}

/*
 * At most as many as egress has room for. Where the user named none, an allowed host means 80 and 443, and a project's
 * file can make them fewer: in open, too, where that is what a rule for an address of this machine opens.
 */
static int conf_check_allowed_ports(const struct conf *c, struct diag *d)
{
	bool list = (conf_net(c) == CONF_NET_FILTERED || conf_net(c) == CONF_NET_OPEN) && c->allow_host.n > 0;

	if (c->port.n > HOSTRULES_WEB_MAX)
		return diag_set(d, -EINVAL, "%s: the %zuth port; at most %d can be allowed",
				c->port.item[HOSTRULES_WEB_MAX].origin, c->port.n, HOSTRULES_WEB_MAX);
	for (size_t i = 0; i < c->port.n && c->port_by_project && list; i++) {
		const struct conf_item *p = &c->port.item[i];

		if (streq(p->value, "80") || streq(p->value, "443"))
			continue;
		diag_set(
		    d, -EINVAL,
		    "%s: port %s would loosen the sandbox: an allowed host means 80 and 443, and a project's "
		    "file can only tighten it",
		    p->origin, p->value);
		diag_try(d, "\"network\": {\"ports\": [80, 443, %s]} in your own config, or remove it there",
			 p->value);
		return -EINVAL;
	}
	return 0;
}

/* One port on both sides would be a ring; more than there is room for would be left out. */
static int conf_check_ports(const struct conf *c, struct diag *d)
{
	const struct conf_list *both[] = { &c->host_port, &c->publish };

	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		if (both[i]->n > EGRESS_PORTS)
			return diag_set(d, -EINVAL, "%s: the %zuth port; at most %d can be relayed",
					both[i]->item[EGRESS_PORTS].origin, both[i]->n, EGRESS_PORTS);
	for (size_t i = 0; i < c->host_port.n; i++)
		for (size_t k = 0; k < c->publish.n; k++)
			if (streq(c->host_port.item[i].value, c->publish.item[k].value))
				return diag_set(d, -EINVAL,
						"port %s is the host's by %s, but the sandbox's own by %s",
						c->host_port.item[i].value, c->host_port.item[i].origin,
						c->publish.item[k].origin);
	return 0;
}

int conf_load(int argc, char *const *argv, char *const *env, const char *cwd, const char *home,
	      struct conf *ret, struct diag *d)
{
	AUTO_OPT_LINE struct opt_line line = { 0 };
	struct confnarrow_own own = { 0 };
	int r = opt_parse(argc, argv, &line, d);

	*ret = (struct conf){ .mode = line.mode, .status_fd = -1 };
	ret->project = xstrdup(cwd);
	conf_defaults(ret);
	/* At once, as also the end of a launch that never began is told there. */
	if (opt_find(&line, OPT_STATUS_FD) != NULL)
		ret->status_fd = opt_find(&line, OPT_STATUS_FD)->number;
	/* These must not need a good config file. */
	if (r < 0 || line.mode == CONF_HELP || line.mode == CONF_VERSION || line.mode == CONF_STATUS ||
	    line.mode == CONF_STATUS_JSON)
		return r;
	ret->no_config = opt_find(&line, OPT_NO_CONFIG) != NULL;
	if (line.mode != CONF_LIST_PROBES)
		r = conf_read_config(ret, &line, env, cwd, home, d);
	if (r == 0)
		r = conf_set_project(ret, &line, env, cwd, home, d);
	if (r == 0 && line.mode != CONF_LIST_PROBES && !ret->no_config)
		r = confnarrow_read_project(ret, home, &own, d);
	if (r == 0)
		r = conf_apply_env(ret, env, home, d);
	own.hosts = ret->allow_host.n;
	if (r == 0)
		r = conf_apply_options(ret, &line, cwd, home, d);
	conf_imply_filtered(ret);
	if (r == 0)
		r = confnarrow(ret, &own, &line, d);
	free(own.origin);
	if (r == 0)
		r = conf_check_binds(ret, d);
	if (r == 0)
		r = conf_check_ports(ret, d);
	if (r == 0)
		r = conf_check_allowed_ports(ret, d);
	return r;
}
