/* SPDX-License-Identifier: MIT */
#include "conffile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confkey.h"
#include "egress/hostrules.h"
#include "json.h"
#include "jsonout.h"
#include "mem.h"
#include "owner.h"
#include "opt.h"
#include "path.h"
#include "proxyurl.h"
#include "state.h"
#include "util.h"

/* --- from text to settings */

struct conffile {
	struct conf *c;
	const struct json_doc *doc;
	const char *home;
	enum conffile_owner owner;
	const struct json *origins; /* borrowed; NULL: the file has none */
	size_t origins_used;
	struct json_place place; /* of the value that was looked at last */
	struct diag *d;
};

static int conffile_expect(const struct conffile *f, const struct json *v, enum json_type type,
			   const char *what)
{
	if (v->type == type)
		return 0;
	return json_fail(f->doc, v->at, f->d, "%s must be %s, not %s", what, json_type_name(type),
			 json_type_name(v->type));
}

/* Where the value at the JSON pointer (RFC 6901) came from: what "origins" says, else its place in this file. Owned. */
static char *conffile_origin(struct conffile *f, const struct json *v, const char *pointer)
{
	const struct json *o = f->origins != NULL ? json_get(f->origins, pointer) : NULL;

	f->origins_used += o != NULL;
	if (o != NULL)
		return xstrdup(o->string);
	json_find(f->doc, &f->place, v->at);
	return xasprintf("%s:%zu:%zu", f->doc->name, f->place.line, f->place.column);
}

struct conf_list *conffile_list(struct conf *c, enum confkey key)
{
	switch ((int)key) {
	case CONFKEY_EXTRA_BINDS:
		return &c->extra_bind;
	case CONFKEY_EXTRA_RO_BINDS:
		return &c->extra_ro;
	case CONFKEY_BLOCKED_SYSCALLS:
		return &c->blocked_syscalls;
	case CONFKEY_BLOCKED_COMMANDS:
		return &c->blocked_commands;
	case CONFKEY_MASK:
		return &c->mask;
	case CONFKEY_EXTRA_PATH:
		return &c->extra_path;
	case CONFKEY_PACKAGES_MINIMAL:
		return &c->packages[CONF_PROFILE_MINIMAL];
	case CONFKEY_PACKAGES_DEFAULT:
		return &c->packages[CONF_PROFILE_DEFAULT];
	case CONFKEY_PACKAGES_FULL:
		return &c->packages[CONF_PROFILE_FULL];
	case CONFKEY_NETWORK_ALLOW:
		return &c->allow_host;
	case CONFKEY_NETWORK_DENY:
		return &c->deny_host;
	case CONFKEY_NETWORK_PORTS:
		return &c->port;
	case CONFKEY_NETWORK_HOST_PORTS:
		return &c->host_port;
	case CONFKEY_NETWORK_PUBLISH:
		return &c->publish;
	case CONFKEY_TTY_ESCAPES:
		return &c->tty_allow;
	case CONFKEY_ALLOW_AUTORUN:
		return &c->allow_autorun;
	default:
		return NULL;
	}
}

static confkey_judge *conffile_judge(enum confkey key)
{
	if (key == CONFKEY_ALLOW_AUTORUN)
		return confkey_bad_path;
	switch ((int)confkey_row(key)->type) {
	case CONFKEY_TYPE_PATHS:
		return key == CONFKEY_EXTRA_PATH ? confkey_bad_path_dir : confkey_bad_home_path;
	case CONFKEY_TYPE_PACKAGES:
		return confkey_bad_package;
	case CONFKEY_TYPE_CALLS:
		return confkey_bad_syscall;
	case CONFKEY_TYPE_COMMANDS:
		return confkey_bad_command;
	case CONFKEY_TYPE_WORDS: /* of later versions, but for one key */
		return confkey_bad_escapes;
	default:
		return confkey_bad_mask;
	}
}

/* The key under which a list is kept, of those that have two names. */
static enum confkey conffile_same_as(enum confkey key)
{
	if (key == CONFKEY_EGRESS_WHITELIST)
		return CONFKEY_NETWORK_ALLOW;
	return key == CONFKEY_EGRESS_BLACKLIST ? CONFKEY_NETWORK_DENY : key;
}

/* A pattern of hosts; what is wrong has its own column. */
static int conffile_check_host(struct conffile *f, const struct json *e, enum confkey key)
{
	enum hostrules_side side =
	    conffile_same_as(key) == CONFKEY_NETWORK_ALLOW ? HOSTRULES_ALLOW : HOSTRULES_DENY;
	struct hostname_fault fault;
	size_t at = e->at + 1;

	if (hostrules_check(side, e->string, strlen(e->string), &fault) == 0)
		return 0;
	/* Behind an escape the text has other columns than the string. */
	if (memchr(f->doc->text + at, '\\', fault.at) == NULL)
		at += fault.at;
	json_fail(f->doc, at, f->d, "%.60s: %s", e->string, fault.why);
	diag_try(f->d, "api.example.com, *.example.com, github.com:22, 10.1.2.3:5432");
	return -EINVAL;
}

/* An array of strings; paths are expanded. */
static int conffile_read_list(struct conffile *f, const struct json *v, enum confkey key)
{
	bool paths = confkey_row(key)->type == CONFKEY_TYPE_PATHS,
	     ports = confkey_row(key)->type == CONFKEY_TYPE_PORTS;
	int r = conffile_expect(f, v, JSON_ARRAY, confkey_row(key)->name);

	for (size_t i = 0; r == 0 && i < v->n; i++) {
		const struct json *e = &v->item[i];
		AUTO_FREE char *list = confkey_pointer(key);
		AUTO_FREE char *pointer = xasprintf("%s/%zu", list, i);
		AUTO_FREE char *origin = conffile_origin(f, e, pointer);
		AUTO_FREE char *path = NULL, *number = NULL;
		struct conf_list *list_of;
		const char *reason;

		r = conffile_expect(f, e, ports ? JSON_NUMBER : JSON_STRING, "each element");
		if (r < 0)
			return r;
		if (ports) {
			number = e->is_integer ? xasprintf("%lld", e->integer) : xstrdup("");
			reason = confkey_bad_port(number, f->home);
			if (reason != NULL)
				return json_fail(f->doc, e->at, f->d, "%s", reason);
			conf_add(conffile_list(f->c, key), number, origin);
			continue;
		}
		if (confkey_row(key)->type == CONFKEY_TYPE_HOSTS) {
			r = conffile_check_host(f, e, key);
			if (r < 0)
				return r;
			list_of = conffile_list(f->c, conffile_same_as(key));
			if (f->owner == CONFFILE_OF_PROJECT && list_of == &f->c->allow_host)
				list_of = &f->c->narrow;
			conf_add(list_of, e->string, origin);
			continue;
		}
		reason = conffile_judge(key)(e->string, f->home);
		if (reason != NULL)
			return json_fail(f->doc, e->at, f->d, "%s", reason);
		if (paths)
			path = confkey_path(e->string, f->home, f->home);
		conf_add(conffile_list(f->c, key), path != NULL ? path : e->string, origin);
	}
	return r;
}

static int conffile_read_env(struct conffile *f, const struct json *v)
{
	int r = conffile_expect(f, v, JSON_OBJECT, v->key);

	for (size_t i = 0; r == 0 && i < v->n; i++) {
		const struct json *e = &v->item[i];
		AUTO_FREE char *pointer = xasprintf("/env/%s", e->key);
		AUTO_FREE char *origin = conffile_origin(f, e, pointer);
		AUTO_FREE char *text = NULL;
		const char *reason = confkey_bad_env_name(e->key);

		if (reason != NULL)
			return json_fail(f->doc, e->key_at, f->d, "%s", reason);
		r = conffile_expect(f, e, JSON_STRING, "each variable");
		if (r < 0)
			return r;
		text = xasprintf("%s=%s", e->key, e->string);
		conf_add(&f->c->env, text, origin);
	}
	return r;
}

/* What a project's file must not do; `what` is a key, or a key with its value. */
static int conffile_refuse(struct conffile *f, size_t at, const char *what)
{
	json_fail(f->doc, at, f->d, "%s would loosen the sandbox: a project's file can only tighten it",
		  what);
	diag_try(f->d, "your own config for it, or remove it there");
	return -EINVAL;
}

/* The place of the text v among the key's choices, or -EINVAL. */
static int conffile_choice(struct conffile *f, const struct json *v, const struct confkey_row *row)
{
	int n, r = conffile_expect(f, v, JSON_STRING, row->name);

	if (r < 0)
		return r;
	n = opt_choice(row->choices, v->string);
	if (n < 0 && opt_choice(row->later, v->string) >= 0)
		return json_fail(f->doc, v->at, f->d, "\"%s\": \"%s\": not in this version", row->name,
				 v->string);
	if (n < 0) {
		json_fail(f->doc, v->at, f->d, "%s: unknown value \"%.60s\"", row->name, v->string);
		diag_try(f->d, "one of %s", row->choices);
		return -EINVAL;
	}
	return n;
}

static int conffile_flag(struct conffile *f, const struct json *v, const struct confkey_row *row)
{
	if (v->type == JSON_TRUE || v->type == JSON_FALSE)
		return v->type == JSON_TRUE;
	return json_fail(f->doc, v->at, f->d, "%s must be true or false, not %s", row->name,
			 json_type_name(v->type));
}

/* A choice or a flag: of a project's file one that is tighter than what holds so far, or the same. */
static int conffile_read_value(struct conffile *f, const struct json *v, enum confkey key)
{
	const struct confkey_row *row = confkey_row(key);
	int now = f->c->value[key].n;
	int n = row->type == CONFKEY_TYPE_FLAG ? conffile_flag(f, v, row) : conffile_choice(f, v, row);
	AUTO_FREE char *pointer = confkey_pointer(key);
	AUTO_FREE char *origin = NULL;

	if (n < 0)
		return n;
	if (f->owner == CONFFILE_OF_PROJECT && n > now) {
		AUTO_FREE char *what = xasprintf("this %s", row->name);

		return conffile_refuse(f, v->at, what);
	}
	/*
	 * One that is the same says so itself: no rule for a host implies another network then. But what such a
	 * rule would make tighter, a project can't keep as it is.
	 */
	if (f->owner == CONFFILE_OF_PROJECT && n == now &&
	    (key != CONFKEY_NETWORK_MODE || n > CONF_NET_FILTERED || f->c->value[key].origin != NULL))
		return 0;
	origin = conffile_origin(f, v, pointer);
	conf_set(f->c, key, n, origin);
	return 0;
}

char **conffile_path(struct conf *c, enum confkey key, char ***ret_origin)
{
	*ret_origin = key == CONFKEY_WAIVERS ? &c->waivers_origin : &c->egress_log_origin;
	return key == CONFKEY_WAIVERS ? &c->waivers : &c->egress_log;
}

/* Relative to the directory of the config file: both are kept together. */
static int conffile_read_path(struct conffile *f, const struct json *v, enum confkey key)
{
	struct conf *c = f->c;
	AUTO_FREE char *dir = c->config_file != NULL ? path_dirname(c->config_file) : xstrdup(f->home);
	AUTO_FREE char *pointer = confkey_pointer(key);
	int r = conffile_expect(f, v, JSON_STRING, v->key);
	bool word = r == 0 && key == CONFKEY_NETWORK_LOG && streq(v->string, "auto");
	char **origin, **path = conffile_path(c, key, &origin);
	const char *reason;

	if (r < 0)
		return r;
	reason = dir[0] == '/' ? confkey_bad_path(v->string, f->home) : confkey_bad_home_path(v->string, "");
	if (reason != NULL && !word)
		return json_fail(f->doc, v->at, f->d, "%s", reason);
	free(*path);
	free(*origin);
	*path = word ? xstrdup(v->string) : confkey_path(v->string, dir, f->home);
	*origin = conffile_origin(f, v, pointer);
	return 0;
}

/* It may hold a login: no message has a byte of it, nor the line that it stands in. */
static int conffile_read_upstream(struct conffile *f, const struct json *v)
{
	AUTO_FREE char *pointer = confkey_pointer(CONFKEY_NETWORK_UPSTREAM);
	AUTO_FREE char *origin = conffile_origin(f, v, pointer);
	int r = conffile_expect(f, v, JSON_STRING, v->key);
	struct proxyurl u;
	const char *reason;
	bool none;

	if (r < 0)
		return r;
	none = proxyurl_is_none(v->string);
	reason = none ? NULL : proxyurl_parse(v->string, &u);
	if (reason != NULL) {
		diag_set(f->d, -EINVAL, "network.upstream, %s: %s", origin, reason);
		diag_try(f->d, "\"http://proxy.example:3128\", or \"none\"");
		return -EINVAL;
	}
	free(f->c->upstream);
	free(f->c->upstream_origin);
	f->c->upstream = xstrdup(none ? PROXYURL_NONE : v->string);
	f->c->upstream_origin = TAKE_PTR(origin);
	return 0;
}

/* A project's file can make it smaller, or have one where there is none. */
static int conffile_read_limit(struct conffile *f, const struct json *v, enum confkey key)
{
	enum limit_id id = confkey_limit(key);
	const struct conf_limit *now = &f->c->limit[id];
	AUTO_FREE char *pointer = confkey_pointer(key), *origin = NULL, *what = NULL;
	struct limit_fault fault;
	uint64_t n = 0;
	int r = conffile_expect(f, v, JSON_STRING, confkey_row(key)->name);

	if (r < 0)
		return r;
	if (limitset_value(id, v->string, strlen(v->string), &n, &fault) < 0) {
		size_t at = v->at + 1;

		/* Behind an escape the text has other columns than the string. */
		if (memchr(f->doc->text + at, '\\', fault.at) == NULL)
			at += fault.at;
		json_fail(f->doc, at, f->d, "%s", fault.why);
		diag_try(f->d, "\"%s\"", limitset_row(id)->example);
		return -EINVAL;
	}
	if (f->owner == CONFFILE_OF_PROJECT && now->n != 0 && n >= now->n) {
		what = xasprintf("this %s", confkey_row(key)->name);
		return n == now->n ? 0 : conffile_refuse(f, v->at, what);
	}
	origin = conffile_origin(f, v, pointer);
	conf_set_limit(f->c, id, n, origin);
	return 0;
}

static int conffile_unknown_key(const struct conffile *f, const struct json *v, enum confkey parent)
{
	const char *near = confkey_nearest(parent, v->key);

	if (parent < CONFKEYS)
		json_fail(f->doc, v->key_at, f->d, "unknown key \"%.60s\" in \"%s\"", v->key,
			  confkey_row(parent)->name);
	else
		json_fail(f->doc, v->key_at, f->d, "unknown key \"%.60s\"", v->key);
	if (near != NULL)
		diag_try(f->d, "%s", near);
	else
		diag_try(f->d, "removing it; claude-sandbox.config(5) lists the keys");
	return -EINVAL;
}

/* In a project's file: those of the user's that are left. A list without any says nothing. */
static int conffile_read_ports(struct conffile *f, const struct json *v, enum confkey key)
{
	struct conf_list own = f->c->port;
	bool project = f->owner == CONFFILE_OF_PROJECT;
	int r;

	f->c->port = (struct conf_list){ 0 };
	r = conffile_read_list(f, v, key);
	for (size_t i = 0; r == 0 && i < v->n && own.n > 0; i++) {
		AUTO_FREE char *number = xasprintf("%lld", v->item[i].integer);
		AUTO_FREE char *what = xasprintf("port %s, which your config does not have,", number);
		bool has = false;

		for (size_t k = 0; k < own.n; k++)
			has = has || streq(own.item[k].value, number);
		if (!has)
			r = conffile_refuse(f, v->item[i].at, what);
	}
	if (r == 0 && f->c->port.n == 0) {
		f->c->port = own;
		return 0;
	}
	f->c->port_by_project = project && own.n == 0;
	conf_list_done(&own);
	return r;
}

static int conffile_read_object(struct conffile *f, const struct json *v, enum confkey parent);

static int conffile_read_member(struct conffile *f, const struct json *v, enum confkey parent)
{
	enum confkey key = confkey_find(parent, v->key);
	AUTO_FREE char *name = NULL;

	if (key == CONFKEYS)
		return conffile_unknown_key(f, v, parent);
	name = xasprintf("\"%s\"", confkey_row(key)->name);
	if (f->owner == CONFFILE_OF_PROJECT && !confkey_row(key)->tightens)
		return conffile_refuse(f, v->key_at, name);
	if (!confkey_row(key)->now)
		return json_fail(f->doc, v->key_at, f->d, "%s: not in this version", name);
	if (key == CONFKEY_ORIGINS)
		return 0;
	if (key == CONFKEY_ENV)
		return conffile_read_env(f, v);
	if (key == CONFKEY_NETWORK_UPSTREAM)
		return conffile_read_upstream(f, v);
	if (confkey_limit(key) < LIMITS)
		return conffile_read_limit(f, v, key);
	if (confkey_row(key)->type == CONFKEY_TYPE_FILE)
		return conffile_read_path(f, v, key);
	if (confkey_row(key)->type == CONFKEY_TYPE_CHOICE || confkey_row(key)->type == CONFKEY_TYPE_FLAG)
		return conffile_read_value(f, v, key);
	if (confkey_row(key)->type == CONFKEY_TYPE_OBJECT)
		return conffile_read_object(f, v, key);
	if (key == CONFKEY_NETWORK_PORTS)
		return conffile_read_ports(f, v, key);
	return conffile_read_list(f, v, key);
}

static int conffile_read_object(struct conffile *f, const struct json *v, enum confkey parent)
{
	int r =
	    conffile_expect(f, v, JSON_OBJECT, parent < CONFKEYS ? confkey_row(parent)->name : "a config");

	for (size_t i = 0; r == 0 && i < v->n; i++)
		r = conffile_read_member(f, &v->item[i], parent);
	return r;
}

/* "origins", which --dump-config writes: text that ends up in messages and comments, and must stay in its line. */
static int conffile_find_origins(struct conffile *f)
{
	const struct json *o = f->owner == CONFFILE_OF_USER ? json_get(&f->doc->root, "origins") : NULL;
	int r = o != NULL ? conffile_expect(f, o, JSON_OBJECT, "origins") : 0;

	for (size_t i = 0; o != NULL && r == 0 && i < o->n; i++) {
		const struct json *e = &o->item[i];

		r = conffile_expect(f, e, JSON_STRING, "each origin");
		for (const char *p = r == 0 ? e->string : ""; *p != '\0'; p++) {
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				return json_fail(f->doc, e->at, f->d, "control character in an origin");
		}
		if (r == 0 && e->string[0] == '\0')
			return json_fail(f->doc, e->at, f->d, "the origin is empty");
	}
	f->origins = r == 0 ? o : NULL;
	return r;
}

int conffile_apply(struct conf *c, const char *name, const char *text, size_t len, const char *home,
		   enum conffile_owner owner, struct diag *d)
{
	struct json_doc doc;
	struct conffile f = {
		.c = c, .doc = &doc, .home = home, .owner = owner, .place = JSON_START, .d = d
	};
	int r = json_parse(name, text, len, JSON_COMMENTS, &doc, d);

	if (r == 0)
		r = conffile_find_origins(&f);
	if (r == 0)
		r = conffile_read_object(&f, &doc.root, CONFKEYS);
	if (r == 0 && f.origins != NULL && f.origins_used != f.origins->n)
		r = json_fail(&doc, f.origins->key_at, d, "origins: %zu of %zu name no value of this file",
			      f.origins->n - f.origins_used, f.origins->n);
	/* Of a dump the origins are places in other files. */
	if (r == 0 && f.origins == NULL) {
		c->text = xrealloc_array(c->text, c->ntext + 1, sizeof(*c->text));
		c->text[c->ntext++] =
		    (struct conf_text){ .name = xstrdup(name), .text = xmemdup(text, len), .len = len };
	}
	json_done(&doc);
	return r;
}

/* --- from a file to text */

/* Reads all of fd, at most one byte more than `max`. */
static int conffile_read_fd(int fd, const char *name, size_t max, char **ret, size_t *ret_len, struct diag *d)
{
	size_t cap = max + 1, len = 0;
	AUTO_FREE char *buf = xmalloc(cap);

	while (len < cap) {
		ssize_t n = read(fd, buf + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_errno(d, -errno, "%s", name);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret = TAKE_PTR(buf);
	*ret_len = len;
	return 0;
}

/* A descriptor of the caller's by its name, as <(COMMAND) of a shell is. */
static bool conffile_is_descriptor(const char *path)
{
	return str_starts(path, "/dev/fd/") || str_starts(path, "/proc/self/fd/") ||
	       streq(path, "/dev/stdin");
}

/* A config that someone else may write would be a way out of the sandbox. */
static int conffile_check_owner(int fd, const char *path, const char *name, struct diag *d)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_errno(d, -errno, "%s", name);
	if (S_ISDIR(st.st_mode))
		return diag_set(d, -EINVAL, "%s: is a directory", name);
	if (S_ISFIFO(st.st_mode) && conffile_is_descriptor(path))
		return 0;
	if (S_ISFIFO(st.st_mode)) {
		diag_set(d, -EINVAL, "%s: is a pipe in the file system, which may never end", name);
		diag_try(d, "a file, or <(COMMAND)");
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode))
		return diag_set(d, -EINVAL, "%s: neither a file nor a pipe", name);
	if (!owner_is_root(st.st_uid) && st.st_uid != geteuid()) {
		diag_set(d, -EPERM, "%s: belongs to another user (uid %u)", name, (unsigned)st.st_uid);
		diag_try(d, "a copy of your own, or --no-config");
		return -EINVAL;
	}
	if (st.st_mode & S_IWOTH) {
		diag_set(d, -EPERM, "%s: everybody may write to it", name);
		diag_try(d, "chmod o-w %s", name);
		return -EINVAL;
	}
	return 0;
}

/*
 * Opens without waiting: a pipe in the file system that nobody writes to would keep us for ever. Only one that the
 * caller handed over is read to its end. -1 with errno.
 */
static int conffile_open(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int flags = fd >= 0 && conffile_is_descriptor(path) ? fcntl(fd, F_GETFL) : -1;

	if (flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return -1;
	return TAKE_FD(fd);
}

/* What excuses findings is asked for more: nobody else may write to it, nor put another in its place. */
static int conffile_check_place(int fd, const char *path, const char *name, struct diag *d)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_errno(d, -errno, "%s", name);
	if (owner_lets_group(&st)) {
		diag_set(d, -EPERM, "%s: another group may write to it (gid %u)", name, (unsigned)st.st_gid);
		diag_try(d, "chmod g-w %s", name);
		return -EINVAL;
	}
	return state_place(path, d) < 0 ? -EINVAL : 0;
}

int conffile_text(const char *path, const char *name, char **ret, size_t *ret_len, struct diag *d)
{
	AUTO_CLOSE int fd = conffile_open(path);
	int r;

	if (fd < 0)
		return diag_errno(d, -errno, "%s", name);
	r = conffile_check_owner(fd, path, name, d);
	if (r == 0 && !conffile_is_descriptor(path))
		r = conffile_check_place(fd, path, name, d);
	return r == 0 ? conffile_read_fd(fd, name, JSON_MAX_BYTES, ret, ret_len, d) : r;
}

/* `path` for messages and origins: the home as "~", nothing that is no text. Owned. */
static char *conffile_display(const char *path, const char *home)
{
	AUTO_FREE char *dir = home[0] == '/' ? path_clean("/", home) : NULL;
	bool below = dir != NULL && !streq(dir, "/") && path_is_under(path, dir);
	char *shown = below ? xasprintf("~%s", path + strlen(dir)) : xstrdup(path);
	bool text = jsonout_is_utf8(shown, strlen(shown));

	for (char *p = shown; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f || (!text && (unsigned char)*p >= 0x80))
			*p = '?';
	}
	return shown;
}

int conffile_read(struct conf *c, const char *path, bool asked, const char *home, struct diag *d)
{
	AUTO_FREE char *name = conffile_display(path, home);
	AUTO_FREE char *text = NULL;
	AUTO_CLOSE int fd = conffile_open(path);
	size_t len = 0;
	int r;

	if (fd < 0 && !asked && (errno == ENOENT || errno == ENOTDIR)) {
		c->config_missing = true;
		return 0;
	}
	if (fd < 0) {
		diag_errno(d, -errno, "%s", name);
		diag_try(d, "another --config FILE, or --no-config");
		return -EINVAL;
	}
	r = conffile_check_owner(fd, path, name, d);
	if (r == 0)
		r = conffile_read_fd(fd, name, JSON_MAX_BYTES, &text, &len, d);
	if (r < 0)
		return r;
	free(c->config_file);
	c->config_file = xstrdup(path);
	return conffile_apply(c, name, text, len, home, CONFFILE_OF_USER, d);
}

/*
 * What a project's file must be before anything of it is read: of the project's
 * own owner, so that root shows nobody's secrets in a message, and nothing that
 * opening could wait for, follow or set off.
 */
static int conffile_check_project(int dir, int fd, const char *name, struct diag *d)
{
	struct stat top, st;

	if (fstat(dir, &top) < 0 || fstat(fd, &st) < 0)
		return diag_errno(d, -errno, "%s", name);
	if (S_ISLNK(st.st_mode))
		return diag_set(d, -EINVAL, "%s: is a link: a project's file is not followed", name);
	if (!S_ISREG(st.st_mode))
		return diag_set(d, -EINVAL, "%s: is no regular file", name);
	if (st.st_uid != top.st_uid && st.st_uid != geteuid() && !owner_is_root(st.st_uid))
		return diag_set(d, -EINVAL, "%s: belongs to another user (uid %u)", name,
				(unsigned)st.st_uid);
	if (geteuid() == 0 && st.st_uid != top.st_uid)
		return diag_set(d, -EINVAL, "%s: belongs to uid %u, not to the project's owner", name,
				(unsigned)st.st_uid);
	return 0;
}

/* All of the file behind the O_PATH descriptor fd. */
static int conffile_load_project(int fd, const char *name, char **ret, size_t *ret_len, struct diag *d)
{
	char link[40];
	AUTO_CLOSE int in = -1;
	int r;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	/* Without waiting: somebody may hold a lease on it. */
	in = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (in < 0)
		return diag_errno(d, -errno, "%s", name);
	r = conffile_read_fd(in, name, CONFFILE_PROJECT_MAX, ret, ret_len, d);
	if (r == 0 && *ret_len > CONFFILE_PROJECT_MAX)
		return diag_set(d, -EINVAL, "%s: larger than %zu KiB", name, CONFFILE_PROJECT_MAX >> 10);
	return r;
}

int conffile_read_project(struct conf *c, const char *home, struct diag *d)
{
	AUTO_FREE char *path = path_join(c->project, CONFFILE_PROJECT);
	AUTO_FREE char *name = conffile_display(path, home);
	AUTO_FREE char *text = NULL;
	AUTO_CLOSE int dir = open(c->project, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = dir >= 0 ? openat(dir, CONFFILE_PROJECT, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
	size_t len = 0;
	int r;

	/* A project that can't be reached is for those to refuse who look at the machine. */
	if (dir < 0 || (fd < 0 && errno == ENOENT))
		return 0;
	if (fd < 0)
		r = diag_errno(d, -errno, "%s", name);
	else
		r = conffile_check_project(dir, fd, name, d);
	if (r == 0)
		r = conffile_load_project(fd, name, &text, &len, d);
	if (r == 0) {
		c->project_file = TAKE_PTR(path);
		r = conffile_apply(c, name, text, len, home, CONFFILE_OF_PROJECT, d);
	}
	if (r == 0)
		return 0;
	if (d->try[0] == '\0')
		diag_try(d, "mend or remove it (the sandbox may have written it), or --no-config");
	return -EINVAL;
}
