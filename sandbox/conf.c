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

#include "json.h"
#include "mem.h"
#include "opt.h"
#include "path.h"
#include "util.h"

bool conf_is_test_mode(enum conf_mode mode)
{
	return mode == CONF_TEST || mode == CONF_SECURITY_TEST;
}

/* Takes ownership of value. */
static void conf_list_take(struct conf_list *list, char *value, const char *origin)
{
	list->item = xrealloc_array(list->item, list->n + 1, sizeof(*list->item));
	list->item[list->n++] = (struct conf_item){ .value = value, .origin = xstrdup(origin) };
}

static void conf_list_done(struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->item[i].value);
		free(list->item[i].origin);
	}
	free(list->item);
	*list = (struct conf_list){ 0 };
}

void conf_done(struct conf *c)
{
	conf_list_done(&c->extra_bind);
	conf_list_done(&c->extra_ro);
	conf_list_done(&c->mask);
	conf_list_done(&c->env);
	conf_list_done(&c->blocked_syscalls);
	strv_done(&c->command);
	strv_done(&c->only);
	free(c->project);
	free(c->net_origin);
	free(c->config_file);
	free(c->output);
	free(c->fail_on);
	free(c->waivers);
	free(c->waivers_origin);
	*c = (struct conf){ .status_fd = -1 };
}

/* --- single values: NULL when good, else what is wrong with it */

static const char *conf_bad_path(const char *path, const char *home)
{
	if (path[0] == '\0')
		return "the path is empty";
	if (strlen(path) >= PATH_MAX)
		return "the path is too long";
	if (path[0] == '~' && path[1] != '\0' && path[1] != '/')
		return "~USER is not understood; write the whole path";
	if (path[0] == '~' && home[0] == '\0')
		return "~ means nothing: HOME is not set";
	return NULL;
}

/* A path of the config file: as above, and a relative one is below the home directory. */
static const char *conf_bad_home_path(const char *path, const char *home)
{
	if (path[0] != '/' && path[0] != '~' && path[0] != '\0' && home[0] == '\0')
		return "a relative path means nothing: HOME is not set";
	return conf_bad_path(path, home);
}

/* A mask that can match nothing would hide nothing. */
static const char *conf_bad_mask(const char *glob, const char *home)
{
	(void)home;
	if (glob[0] == '\0')
		return "the glob is empty";
	if (glob[0] == '/' || glob[0] == '~')
		return "globs are relative to the project";
	for (const char *p = glob; *p != '\0'; p += strcspn(p, "/"), p += *p == '/') {
		size_t n = strcspn(p, "/");

		if (n == 1 && p[0] == '.')
			return "\".\" in a glob matches nothing";
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return "\"..\" in a glob matches nothing";
		if (n == 0)
			return "\"//\" in a glob matches nothing";
	}
	return NULL;
}

static const char *conf_bad_syscall(const char *name, const char *home)
{
	(void)home;
	if (name[0] == '\0' || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
		return "not the name of a system call (a-z, 0-9, _)";
	return NULL;
}

static const char *conf_bad_env_name(const char *name)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

#ifdef PLANTED_BUG
	/* A deliberate overflow, to show that fuzzing finds one. */
	char copy[12];
	strcpy(copy, name);
	if (copy[0] == '=')
		return "planted";
#endif
	if (name[0] == '\0' || strspn(name, set) != strlen(name) || (name[0] >= '0' && name[0] <= '9'))
		return "not the name of a variable (A-Z, a-z, 0-9, _)";
	return NULL;
}

/* `path`, which passed conf_bad_path, as an absolute clean one. Owned. */
static char *conf_path(const char *path, const char *base, const char *home)
{
	AUTO_FREE char *full = path_expand(path, home);

	return path_clean(base, full);
}

/* --- the config file */

struct conf_reader {
	struct conf *c;
	const struct json_doc *doc;
	const char *home;
	struct diag *d;
};

static int conf_expect(const struct conf_reader *r, const struct json *v, enum json_type type,
		       const char *what)
{
	if (v->type == type)
		return 0;
	return json_fail(r->doc, v->at, r->d, "%s must be %s, not %s", what, json_type_name(type),
			 json_type_name(v->type));
}

static char *conf_file_origin(const struct conf_reader *r, const struct json *v)
{
	return xasprintf("%s:%zu", r->doc->name, json_line(r->doc, v->at));
}

/* An array of strings, each judged by `bad`; paths are expanded. */
static int conf_read_list(const struct conf_reader *r, const struct json *v, struct conf_list *list,
			  const char *(*bad)(const char *, const char *))
{
	int x = conf_expect(r, v, JSON_ARRAY, v->key);

	if (x < 0)
		return x;
	for (size_t i = 0; i < v->n; i++) {
		const struct json *e = &v->item[i];
		AUTO_FREE char *origin = conf_file_origin(r, e);
		const char *reason;

		x = conf_expect(r, e, JSON_STRING, "each element");
		if (x < 0)
			return x;
		reason = bad(e->string, r->home);
		if (reason != NULL)
			return json_fail(r->doc, e->at, r->d, "%s", reason);
		conf_list_take(list,
			       bad == conf_bad_home_path ? conf_path(e->string, r->home, r->home)
							 : xstrdup(e->string),
			       origin);
	}
	return 0;
}

static int conf_read_env(const struct conf_reader *r, const struct json *v)
{
	int x = conf_expect(r, v, JSON_OBJECT, v->key);

	if (x < 0)
		return x;
	for (size_t i = 0; i < v->n; i++) {
		const struct json *e = &v->item[i];
		AUTO_FREE char *origin = conf_file_origin(r, e);
		const char *reason = conf_bad_env_name(e->key);

		if (reason != NULL)
			return json_fail(r->doc, e->key_at, r->d, "%s", reason);
		x = conf_expect(r, e, JSON_STRING, "each variable");
		if (x < 0)
			return x;
		conf_list_take(&r->c->env, xasprintf("%s=%s", e->key, e->string), origin);
	}
	return 0;
}

enum conf_key {
#define KEY(id, ...) CONF_KEY_##id,
#include "data/opt.def"
	CONF_KEYS
};

static const char *const conf_key_names[CONF_KEYS] = {
#define KEY(id, name, ...) [CONF_KEY_##id] = name,
#include "data/opt.def"
};

#define NOW   true
#define LATER false
static const bool conf_key_now[CONF_KEYS] = {
#define KEY(id, name, type, now, help) [CONF_KEY_##id] = now,
#include "data/opt.def"
};
#undef NOW
#undef LATER

static int conf_unknown_key(const struct conf_reader *r, const struct json *v)
{
	const char *near = opt_nearest(v->key, conf_key_names, CONF_KEYS);

	json_fail(r->doc, v->key_at, r->d, "unknown key \"%.60s\"", v->key);
	if (near != NULL)
		diag_try(r->d, "%s", near);
	else
		diag_try(r->d, "removing it; claude-sandbox(1) lists the keys");
	return -EINVAL;
}

/* Relative to the directory of the config file: both are kept together. */
static int conf_read_waivers(const struct conf_reader *r, const struct json *v)
{
	AUTO_FREE char *dir = r->c->config_file != NULL ? path_dirname(r->c->config_file) : xstrdup(r->home);
	int x = conf_expect(r, v, JSON_STRING, v->key);
	const char *reason;

	if (x < 0)
		return x;
	reason = conf_bad_path(v->string, r->home);
	if (reason == NULL && dir[0] != '/' && v->string[0] != '/')
		reason = "a relative path means nothing: HOME is not set";
	if (reason != NULL)
		return json_fail(r->doc, v->at, r->d, "%s", reason);
	free(r->c->waivers);
	free(r->c->waivers_origin);
	r->c->waivers = conf_path(v->string, dir, r->home);
	r->c->waivers_origin = conf_file_origin(r, v);
	return 0;
}

static int conf_read_member(const struct conf_reader *r, const struct json *v)
{
	enum conf_key key = 0;

	while (key < CONF_KEYS && !streq(conf_key_names[key], v->key))
		key++;
	if (key == CONF_KEYS)
		return conf_unknown_key(r, v);
	if (!conf_key_now[key])
		return json_fail(r->doc, v->key_at, r->d, "\"%s\": not in this version", v->key);
	/* An int: the keys of later versions need no case of their own. */
	switch ((int)key) {
	case CONF_KEY_ENV:
		return conf_read_env(r, v);
	case CONF_KEY_EXTRA_BINDS:
		return conf_read_list(r, v, &r->c->extra_bind, conf_bad_home_path);
	case CONF_KEY_EXTRA_RO_BINDS:
		return conf_read_list(r, v, &r->c->extra_ro, conf_bad_home_path);
	case CONF_KEY_BLOCKED_SYSCALLS:
		return conf_read_list(r, v, &r->c->blocked_syscalls, conf_bad_syscall);
	case CONF_KEY_WAIVERS:
		return conf_read_waivers(r, v);
	case CONF_KEY_MASK:
		return conf_read_list(r, v, &r->c->mask, conf_bad_mask);
	default:
		return json_fail(r->doc, v->key_at, r->d, "\"%s\": not in this version", v->key);
	}
}

int conf_apply_text(struct conf *c, const char *name, const char *text, size_t len, const char *home,
		    struct diag *d)
{
	struct json_doc doc;
	struct conf_reader reader = { .c = c, .doc = &doc, .home = home, .d = d };
	int r = json_parse(name, text, len, JSON_COMMENTS, &doc, d);

	if (r == 0)
		r = conf_expect(&reader, &doc.root, JSON_OBJECT, "a config");
	for (size_t i = 0; r == 0 && i < doc.root.n; i++)
		r = conf_read_member(&reader, &doc.root.item[i]);
	json_done(&doc);
	return r;
}

/* Reads all of fd, at most one byte more than json_parse takes. */
static int conf_read_fd(int fd, const char *name, char **ret, size_t *ret_len, struct diag *d)
{
	size_t cap = JSON_MAX_BYTES + 1, len = 0;
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

/* A config that someone else may write would be a way out of the sandbox. */
static int conf_check_owner(int fd, const char *name, struct diag *d)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_errno(d, -errno, "%s", name);
	if (S_ISDIR(st.st_mode))
		return diag_set(d, -EINVAL, "%s: is a directory", name);
	if (S_ISFIFO(st.st_mode))
		return 0;
	if (!S_ISREG(st.st_mode))
		return diag_set(d, -EINVAL, "%s: neither a file nor a pipe", name);
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
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

int conf_read_text(const char *path, const char *name, char **ret, size_t *ret_len, struct diag *d)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return diag_errno(d, -errno, "%s", name);
	r = conf_check_owner(fd, name, d);
	return r == 0 ? conf_read_fd(fd, name, ret, ret_len, d) : r;
}

/* `path` with the home directory as "~", for messages and origins. Owned. */
static char *conf_display(const char *path, const char *home)
{
	AUTO_FREE char *dir = home[0] == '/' ? path_clean("/", home) : NULL;

	if (dir != NULL && !streq(dir, "/") && path_is_under(path, dir))
		return xasprintf("~%s", path + strlen(dir));
	return xstrdup(path);
}

/* Reads the file at `path`. It may be missing, or a pipe, only as `asked` says. */
static int conf_read_file(struct conf *c, const char *path, bool asked, const char *home, struct diag *d)
{
	AUTO_FREE char *name = conf_display(path, home);
	AUTO_FREE char *text = NULL;
	/* The usual file is never a pipe that could keep us waiting. */
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (asked ? 0 : O_NONBLOCK));
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
	r = conf_check_owner(fd, name, d);
	if (r == 0)
		r = conf_read_fd(fd, name, &text, &len, d);
	if (r < 0)
		return r;
	free(c->config_file);
	c->config_file = xstrdup(path);
	return conf_apply_text(c, name, text, len, home, d);
}

static int conf_read_config(struct conf *c, const struct opt_line *line, char *const *env, const char *cwd,
			    const char *home, struct diag *d)
{
	const struct opt_given *g = opt_find(line, OPT_CONFIG);
	const char *asked = g != NULL ? g->value : env_get(env, "CLAUDE_SANDBOX_CONFIG");
	const char *by = g != NULL ? "--config" : "CLAUDE_SANDBOX_CONFIG";
	const char *xdg = env_get(env, "XDG_CONFIG_HOME");
	AUTO_FREE char *path = NULL;

	if (opt_find(line, OPT_NO_CONFIG) != NULL)
		return 0;
	if (asked != NULL && (g != NULL || asked[0] != '\0')) {
		const char *reason = conf_bad_path(asked, home);

		if (reason != NULL)
			return diag_set(d, -EINVAL, "%s: %s", by, reason);
		path = conf_path(asked, cwd, home);
		return conf_read_file(c, path, true, home, d);
	}
	/* The base directory specification says to ignore a relative one. */
	if (xdg != NULL && xdg[0] == '/')
		path = path_join(xdg, "claude-sandbox/config.json");
	else if (home[0] == '/')
		path = path_join(home, ".config/claude-sandbox/config.json");
	if (path == NULL) {
		c->config_missing = true;
		return 0;
	}
	return conf_read_file(c, path, false, home, d);
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

/* Variables of later versions: refused when they ask for something else than what is done. */
static int conf_refuse_later(char *const *env, struct diag *d)
{
	static const struct {
		const char *name;
		bool flag; /* only "1" asks for something */
	} later[] = {
		{ "CLAUDE_SANDBOX_PROFILE", false },  { "CLAUDE_SANDBOX_EXTRA_PATH", false },
		{ "CLAUDE_SANDBOX_SSH_AGENT", true }, { "CLAUDE_SANDBOX_NO_EGRESS_FILTER", true },
		{ "CLAUDE_SANDBOX_NO_NET_NS", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		const char *v = env_get(env, later[i].name);
		bool set = v != NULL && v[0] != '\0';

		if (later[i].flag) {
			int r = conf_env_flag(env, later[i].name, &set, d);

			if (r < 0)
				return r;
		}
		if (set) {
			diag_set(d, -EINVAL, "%s: not in this version", later[i].name);
			diag_try(d, "unset %s", later[i].name);
			return -EINVAL;
		}
	}
	return 0;
}

static int conf_apply_env(struct conf *c, char *const *env, struct diag *d)
{
	int r = conf_refuse_later(env, d);

	if (r == 0)
		r = conf_env_flag(env, "CLAUDE_SANDBOX_NO_SECCOMP", &c->no_seccomp, d);
	if (r == 0)
		r = conf_env_flag(env, "CLAUDE_SANDBOX_NO_SECCOMP_ACCEPT", &c->no_seccomp_accept, d);
	if (r == 0)
		r = conf_env_flag(env, "CLAUDE_SANDBOX_VERBOSE", &c->verbose, d);
	return r;
}

/* --- the options */

static int conf_apply_path(struct conf_list *list, const struct opt_given *g, const char *cwd,
			   const char *home, struct diag *d)
{
	AUTO_FREE char *origin = xasprintf("--%s", opt_row(g->id)->name);
	const char *reason = conf_bad_path(g->value, home);

	if (reason != NULL)
		return diag_set(d, -EINVAL, "%s %.100s: %s", origin, g->value, reason);
	conf_list_take(list, conf_path(g->value, cwd, home), origin);
	return 0;
}

static int conf_apply_waivers(struct conf *c, const struct opt_given *g, const char *cwd, const char *home,
			      struct diag *d)
{
	const char *reason = conf_bad_path(g->value, home);

	if (reason != NULL)
		return diag_set(d, -EINVAL, "--waivers %.100s: %s", g->value, reason);
	free(c->waivers);
	free(c->waivers_origin);
	c->waivers = conf_path(g->value, cwd, home);
	c->waivers_origin = xstrdup("--waivers");
	return 0;
}

static int conf_apply_option(struct conf *c, const struct opt_given *g, const char *cwd, const char *home,
			     struct diag *d)
{
	/* An int: modes, and options of later versions, need no case here. */
	switch ((int)g->id) {
	case OPT_YOLO:
		c->yolo = true;
		break;
	case OPT_VERBOSE:
		c->verbose = true;
		break;
	case OPT_QUIET:
		c->quiet = true;
		c->verbose = false;
		break;
	case OPT_STATUS_FD:
		c->status_fd = g->number;
		break;
	case OPT_COLOR:
		c->color = (enum conf_color)g->number;
		break;
	case OPT_EXTRA_BIND:
		return conf_apply_path(&c->extra_bind, g, cwd, home, d);
	case OPT_EXTRA_RO:
		return conf_apply_path(&c->extra_ro, g, cwd, home, d);
	case OPT_NET:
		c->net = (enum conf_net)g->number;
		free(c->net_origin);
		c->net_origin = xstrdup("--net");
		break;
	case OPT_ONLY:
		strv_add(&c->only, g->value);
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
	case OPT_FORMAT:
		c->format = (enum conf_format)g->number;
		break;
	case OPT_OUTPUT:
		free(c->output);
		c->output = streq(g->value, "-") ? NULL : conf_path(g->value, cwd, home);
		break;
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
	reason = conf_bad_path(word, home);
	if (reason != NULL)
		return diag_set(d, -EINVAL, "%.200s: %s", word, reason);
	free(c->project);
	c->project = conf_path(word, cwd, home);
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

int conf_load(int argc, char *const *argv, char *const *env, const char *cwd, const char *home,
	      struct conf *ret, struct diag *d)
{
	AUTO_OPT_LINE struct opt_line line = { 0 };
	int r = opt_parse(argc, argv, &line, d);

	*ret = (struct conf){ .mode = line.mode, .status_fd = -1 };
	ret->project = xstrdup(cwd);
	ret->net_origin = xstrdup("built-in");
	/* Help must not need a good config file. */
	if (r < 0 || line.mode == CONF_HELP || line.mode == CONF_VERSION)
		return r;
	if (line.mode != CONF_LIST_PROBES)
		r = conf_read_config(ret, &line, env, cwd, home, d);
	if (r == 0)
		r = conf_apply_env(ret, env, d);
	if (r == 0)
		r = conf_apply_options(ret, &line, cwd, home, d);
	if (r == 0)
		r = conf_check_binds(ret, d);
	if (r == 0)
		r = conf_set_project(ret, &line, env, cwd, home, d);
	return r;
}
