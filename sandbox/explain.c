/* SPDX-License-Identifier: MIT */
/*
 * Answers from what a launch would use: the operations of the plan for paths,
 * walked as the kernel would walk inside; the compiled program, interpreted,
 * for system calls; the composed environment for variables.
 */
#include "explain.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpfsim.h"
#include "env.h"
#include "explainhost.h"
#include "filter.h"
#include "filter_table.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "untold.h"
#include "util.h"

#define MAX_LINKS 40 /* as the kernel counts */

/* --- paths */

enum explain_state {
	EXPLAIN_ABSENT,
	EXPLAIN_READ,
	EXPLAIN_WRITE,
	EXPLAIN_FRESH,
	EXPLAIN_MADE,
	EXPLAIN_MASKED,
	EXPLAIN_OWN,
	EXPLAIN_CLOSED,
	EXPLAIN_LINK,
};

/* What stands at one path inside. */
struct explain_place {
	enum explain_state state;
	const struct plan_op
	    *op;    /* borrowed: what put it there, or decides that nothing is; NULL: the bare root */
	char *link; /* owned; EXPLAIN_LINK: its text */
	char *host; /* owned; the path on the host, NULL: none */
};

static void explain_done(struct explain_place *p)
{
	free(p->link);
	free(p->host);
	*p = (struct explain_place){ 0 };
}

/* The mount that `path` lies on: the last that covers it. What is only pinned stays what it was. */
static const struct plan_op *explain_mount(const struct plan *plan, const char *path)
{
	const struct plan_op *found = NULL;

	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];

		if (plan_is_mount(op->type) && op->type != PLAN_PIN && op->type != PLAN_REMOUNT_RO &&
		    path_is_under(path, op->dst))
			found = op;
	}
	return found;
}

/* What was made by itself at `path` after the mount that it lies on. */
static const struct plan_op *explain_made(const struct plan *plan, const struct plan_op *mount,
					  const char *path)
{
	for (size_t i = plan->n; i-- > 0 && &plan->op[i] != mount;) {
		const struct plan_op *op = &plan->op[i];

		if ((op->type == PLAN_SYMLINK || op->type == PLAN_FILE || op->type == PLAN_DIR) &&
		    streq(op->dst, path))
			return op;
	}
	return NULL;
}

/* The first operation that makes something below `path`, whose directories it so makes too. */
static const struct plan_op *explain_below(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];

		if ((plan_is_mount(op->type) || op->type == PLAN_SYMLINK || op->type == PLAN_FILE ||
		     op->type == PLAN_DIR) &&
		    !streq(op->dst, path) && path_is_under(op->dst, path))
			return op;
	}
	return NULL;
}

static bool explain_is_ro(const struct plan *plan, const struct plan_op *mount)
{
	const char *dst = mount != NULL ? mount->dst : "/";

	if (mount != NULL && mount->type == PLAN_RO_BIND)
		return true;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->op[i].type == PLAN_REMOUNT_RO && streq(plan->op[i].dst, dst))
			return true;
	}
	return false;
}

/* A place in a tree of the host's. */
static struct explain_place explain_bound(const struct plan *plan, const struct plan_op *mount,
					  const char *path)
{
	struct explain_place p = { .op = mount };
	char text[PATH_MAX];
	struct stat st;
	ssize_t n;

	p.host = path_join(mount->src, path + (streq(mount->dst, "/") ? 0 : strlen(mount->dst)));
	if (lstat(p.host, &st) < 0) {
		p.state = errno == ENOENT || errno == ENOTDIR ? EXPLAIN_ABSENT : EXPLAIN_CLOSED;
		return p;
	}
	p.state = explain_is_ro(plan, mount) ? EXPLAIN_READ : EXPLAIN_WRITE;
	n = S_ISLNK(st.st_mode) ? readlink(p.host, text, sizeof(text) - 1) : -1;
	if (n > 0) {
		text[n] = '\0';
		p.state = EXPLAIN_LINK;
		p.link = xstrdup(text);
	}
	return p;
}

/* A place in a fresh tree: the root, a tmpfs. */
static struct explain_place explain_fresh(const struct plan *plan, const struct plan_op *mount,
					  const char *path)
{
	const struct plan_op *made = explain_made(plan, mount, path), *below = explain_below(plan, path);
	struct explain_place p = { .op = made != NULL ? made : mount };
	bool ro = explain_is_ro(plan, mount);

	if (made != NULL && made->type == PLAN_SYMLINK) {
		p.state = EXPLAIN_LINK;
		p.link = xstrdup(made->src);
	} else if (made != NULL || below != NULL || streq(path, mount != NULL ? mount->dst : "/")) {
		p.state = ro ? EXPLAIN_MADE : EXPLAIN_FRESH;
		p.op = made == NULL && below != NULL && ro ? below : p.op;
	}
	return p;
}

static struct explain_place explain_look(const struct plan *plan, const char *path)
{
	const struct plan_op *mount = explain_mount(plan, path);

	if (mount == NULL)
		return explain_fresh(plan, NULL, path);
	if (mount->type == PLAN_RW_BIND && mount->via != NULL && streq(mount->via, mount->src)) {
		AUTO_FREE char *made =
		    path_join(mount->src, path + strlen(mount->dst) + (path[strlen(mount->dst)] == '/'));

		return explain_fresh(plan, explain_mount(plan, mount->src),
				     streq(path, mount->dst) ? mount->src : made);
	}
	/* An int: the other types are no mounts. */
	switch ((int)mount->type) {
	case PLAN_RO_BIND:
	case PLAN_RW_BIND:
		return explain_bound(plan, mount, path);
	case PLAN_DATA:
		return (struct explain_place){ .state = EXPLAIN_MADE, .op = mount };
	case PLAN_MASK_FILE:
	case PLAN_MASK_DIR:
		return (struct explain_place){ .state = EXPLAIN_MASKED, .op = mount };
	case PLAN_LINK:
		return (
		    struct explain_place){ .state = EXPLAIN_LINK, .op = mount, .link = xstrdup(mount->src) };
	case PLAN_PROC:
	case PLAN_DEV:
		return (struct explain_place){ .state = EXPLAIN_OWN, .op = mount };
	default:
		return explain_fresh(plan, mount, path);
	}
}

/* Walks to `path` as the kernel inside would; *ret_at is the last place reached, owned. */
static struct explain_place explain_walk(const struct plan *plan, const char *path, char **ret_at)
{
	AUTO_FREE char *rest = xstrdup(path);
	AUTO_FREE char *at = xstrdup("/");
	struct explain_place place = explain_look(plan, "/");
	int links = 0;

	for (;;) {
		size_t skip = strspn(rest, "/"), n = strcspn(rest + skip, "/");
		AUTO_FREE char *name = xstrndup(rest + skip, n);
		AUTO_FREE char *after = xstrdup(rest + skip + n);
		AUTO_FREE char *here = path_join(at, name);

		if (n == 0)
			break;
		explain_done(&place);
		place = explain_look(plan, here);
		free(rest);
		if (place.state == EXPLAIN_LINK && ++links <= MAX_LINKS) {
			rest = xasprintf("%s/%s", place.link, after);
			if (place.link[0] == '/') {
				free(at);
				at = xstrdup("/");
			}
			continue;
		}
		rest = TAKE_PTR(after);
		free(at);
		at = TAKE_PTR(here);
		if (place.state != EXPLAIN_READ && place.state != EXPLAIN_WRITE &&
		    place.state != EXPLAIN_FRESH && place.state != EXPLAIN_MADE &&
		    place.state != EXPLAIN_OWN && place.state != EXPLAIN_MASKED)
			break;
	}
	*ret_at = TAKE_PTR(at);
	return place;
}

bool explain_is_there(const struct plan *plan, const char *path)
{
	AUTO_FREE char *at = NULL;
	struct explain_place place = explain_walk(plan, path, &at);
	bool there =
	    place.state != EXPLAIN_ABSENT && place.state != EXPLAIN_MASKED && place.state != EXPLAIN_LINK;

	explain_done(&place);
	return there;
}

static const char *explain_state_name(enum explain_state state)
{
	static const char *const names[] = {
		[EXPLAIN_ABSENT] = "absent",
		[EXPLAIN_READ] = "read-only, as far as its modes allow",
		[EXPLAIN_WRITE] = "writable, as far as its modes allow",
		[EXPLAIN_FRESH] = "fresh and writable, gone at the end",
		[EXPLAIN_MADE] = "made for the sandbox, read-only",
		[EXPLAIN_MASKED] = "masked: nothing of it can be read",
		[EXPLAIN_OWN] = "the sandbox's own",
		[EXPLAIN_CLOSED] = "unknown: you can't look there yourself",
		[EXPLAIN_LINK] = "absent: a loop of links",
	};

	return names[state];
}

/* A line of text that comes from file names and settings. */
static void explain_line(FILE *out, const char *what, const char *text)
{
	fputs(what, out);
	log_escape(out, text);
	putc('\n', out);
}

static void explain_cred(const struct prepared *p, const char *path, FILE *out)
{
	for (size_t i = 0; i < p->policy.ncred; i++) {
		const struct policy_cred *c = &p->policy.cred[i];
		AUTO_FREE char *line = NULL;

		if (!path_is_under(path, c->path))
			continue;
		if (c->opened_by != NULL)
			line = xasprintf("%s, opened by %s", c->id, c->opened_by);
		else
			line = xasprintf("%s, never visible unless %s is asked for by name", c->id, c->path);
		explain_line(out, "  credentials: ", line);
	}
}

/* A secret that needs no mask. */
static void explain_modes(const struct prepared *p, const char *path, FILE *out)
{
	for (size_t i = 0; i < p->policy.nentry; i++) {
		const struct policy_entry *e = &p->policy.entry[i];

		if (e->by_mode && path_is_under(path, e->path))
			explain_line(out, "  its modes keep the sandbox out: ", e->why);
	}
}

static void explain_path(const struct conf *conf, const struct prepared *p, const char *path, FILE *out)
{
	AUTO_FREE char *at = NULL;
	AUTO_FREE char *lexical = path_clean("/", path);
	struct explain_place place = explain_walk(&p->plan, path, &at);

	explain_line(out, "path ", path);
	explain_line(out, "  ", explain_state_name(place.state));
	if (!streq(at, lexical))
		explain_line(out, place.state == EXPLAIN_ABSENT ? "  not there: " : "  leads to: ", at);
	if (place.op != NULL && place.op->why != NULL)
		explain_line(out, place.state == EXPLAIN_ABSENT ? "  in: " : "  by: ", place.op->why);
	else if (place.state == EXPLAIN_ABSENT)
		explain_line(out, "  ", "nothing asks for it; --extra-ro and --extra-bind show directories");
	if (place.host != NULL && !streq(place.host, at))
		explain_line(out, "  on the host: ", place.host);
	explain_modes(p, at, out);
	explain_cred(p, lexical, out);
	if (conf->mask.n > 0 && place.state == EXPLAIN_WRITE)
		explain_line(out, "  ", "later files that match a mask are not masked");
	explain_done(&place);
}

/* --- system calls */

/* The rows of the table: the plain one, and those that look at arguments. */
static void explain_rows(const struct filter_row *row, FILE *out)
{
	const struct filter_row *r = NULL;

	explain_line(out, "  by: ", row->why);
	while ((r = filter_row_next_if(row, r)) != NULL) {
		fputs("  ", out);
		filter_put_action(out, r->action);
		fputs(" when", out);
		filter_put_test(out, &r->test[0]);
		filter_put_test(out, &r->test[1]);
		explain_line(out, ": ", r->why);
	}
}

static const char *explain_blocked_by(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->blocked_syscalls.n; i++) {
		if (streq(conf->blocked_syscalls.item[i].value, name))
			return conf->blocked_syscalls.item[i].origin;
	}
	return NULL;
}

static void explain_syscall(const struct conf *conf, const struct prepared *p, const char *name, FILE *out,
			    struct diag *d)
{
	int nr = filter_resolve(filter_native_arch(), name);
	struct seccomp_data data = { .nr = nr, .arch = filter_native_arch() };
	const struct filter_row *row = filter_row_find(name);
	const char *blocked = explain_blocked_by(conf, name);

	explain_line(out, "system call ", name);
	if (p->policy.no_seccomp) {
		explain_line(out, "  ", "ALLOW: no filter (CLAUDE_SANDBOX_NO_SECCOMP=1)");
		return;
	}
	if (nr < 0) {
		explain_line(out, "  ", "ENOSYS: not a call of this architecture");
		return;
	}
	fputs("  ", out);
	filter_put_action(out, untold_action(bpfsim_run(p->filter.insn, p->filter.n, &data, d)));
	fputs(row != NULL && filter_row_next_if(row, NULL) != NULL ? " with arguments of zero\n" : "\n", out);
	if (blocked != NULL)
		explain_line(out, "  by: ", blocked);
	else if (row != NULL)
		explain_rows(row, out);
	else
		explain_line(out, "  by: ", "not in the table: what it does not name is not there");
}

/* --- variables */

static void explain_variable(const struct prepared *p, const char *name, FILE *out)
{
	const char *refused = env_why_refused(name), *kept = env_why_kept(name);

	explain_line(out, "variable ", name);
	for (size_t i = 0; i < p->policy.nenv; i++) {
		const struct policy_env *e = &p->policy.env[i];

		if (!streq(e->name, name))
			continue;
		if (e->secret)
			explain_line(out, "  ", "set; its value comes from you and is not shown");
		else
			explain_line(out, "  set to: ", e->value);
		explain_line(out, "  by: ", e->why);
		return;
	}
	explain_line(out, "  ", "not set");
	if (refused != NULL)
		explain_line(out, "  refused in env of the config too: it ", refused);
	else if (kept != NULL)
		explain_line(out, "  kept when it is set: ", kept);
	else
		explain_line(
		    out, "  ",
		    "the environment is built from a list that has it not; env of the config sets it");
}

/* --- which of these */

enum explain_kind { EXPLAIN_PATH, EXPLAIN_HOST, EXPLAIN_SYSCALL, EXPLAIN_ENV, EXPLAIN_NOTHING };

static enum explain_kind explain_guess(const char *thing, const char *path)
{
	struct stat st;

	if (thing[0] == '/' || thing[0] == '~' || thing[0] == '.')
		return EXPLAIN_PATH;
	if (filter_row_find(thing) != NULL || filter_resolve(filter_native_arch(), thing) >= 0)
		return EXPLAIN_SYSCALL;
	if (strchr(thing, '/') != NULL || lstat(path, &st) == 0)
		return EXPLAIN_PATH;
	if (strpbrk(thing, ".:") != NULL || streq(thing, "localhost"))
		return EXPLAIN_HOST;
	return thing[strspn(thing, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")] == '\0'
		   ? EXPLAIN_ENV
		   : EXPLAIN_NOTHING;
}

/* Passes a word that says what follows. */
static enum explain_kind explain_prefix(const char **thing)
{
	static const char *const words[] = {
		[EXPLAIN_PATH] = "path:",
		[EXPLAIN_HOST] = "host:",
		[EXPLAIN_SYSCALL] = "syscall:",
		[EXPLAIN_ENV] = "env:",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (str_starts(*thing, words[i]) && (*thing)[strlen(words[i])] != '\0') {
			*thing += strlen(words[i]);
			return (enum explain_kind)i;
		}
	}
	return EXPLAIN_NOTHING;
}

int explain_thing(const struct conf *conf, const struct prepared *p, const char *thing, const char *cwd,
		  FILE *out, struct diag *d)
{
	enum explain_kind kind = explain_prefix(&thing);
	AUTO_FREE char *full = path_expand(thing, p->policy.home);
	AUTO_FREE char *path = full[0] == '/' ? xstrdup(full) : xasprintf("%s/%s", cwd, full);

	switch (kind != EXPLAIN_NOTHING ? kind : explain_guess(thing, path)) {
	case EXPLAIN_PATH:
		explain_path(conf, p, path, out);
		return 0;
	case EXPLAIN_HOST:
		explainhost(conf, &p->policy, thing, out);
		return 0;
	case EXPLAIN_SYSCALL:
		explain_syscall(conf, p, thing, out, d);
		return d->code;
	case EXPLAIN_ENV:
		explain_variable(p, thing, out);
		return 0;
	case EXPLAIN_NOTHING:
		break;
	}
	diag_set(d, -EINVAL, "--explain %.100s: no path, host, system call or variable", thing);
	diag_try(d, "path:, host:, syscall: or env: in front of it");
	return d->code;
}
