/* SPDX-License-Identifier: MIT */
#include "claude.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autorun.h"
#include "guard.h"
#include "jsonout.h"
#include "jsonslice.h"
#include "mem.h"
#include "path.h"
#include "slug.h"
#include "util.h"

enum claude_kind {
	CLAUDE_READ,
	CLAUDE_COPY,
	CLAUDE_PROJECT,
	CLAUDE_OWN,
	CLAUDE_HISTORY,
	CLAUDE_LOGIN,
	CLAUDE_NONE
};

static const struct claude_row {
	const char *glob;
	enum claude_kind kind;
	const char *why;
} rows[] = {
#define CLAUDE(glob, kind, why) { glob, CLAUDE_##kind, why },
#include "data/claude.def"
#undef CLAUDE
};

static const char *const quiet[] = {
#define CONFIG_QUIET(glob) glob,
#include "data/claude.def"
#undef CONFIG_QUIET
};

static const char *const instead[] = {
#define LOGIN_INSTEAD(variable) variable,
#include "data/claude.def"
#undef LOGIN_INSTEAD
};

static const char *const login_keys[] = {
#define LOGIN_KEY(key) key,
#include "data/claude.def"
#undef LOGIN_KEY
};

static const char *const creds[] = {
#define CRED(id, path, kind, title) path,
#include "data/creds.def"
#undef CRED
};

/* One addition of state: what every step of it needs. */
struct adding {
	const struct conf *conf;
	const struct host *h;
	struct policy *p;
	char *inside; /* owned; ~/.claude inside */
	char *dir;    /* owned; ~/.claude of the host, real; NULL: none */
	char *slug;   /* owned */
	char *record; /* owned; the state folder's directory for this project */
	bool keep;
};

bool claude_is_quiet(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++)
		if (fnmatch(quiet[i], key, 0) == 0)
			return true;
	return false;
}

static const struct claude_row *row_of(const char *name)
{
	size_t i = 0;

	/* The last row fits everything. */
	while (fnmatch(rows[i].glob, name, 0) != 0)
		i++;
	return &rows[i];
}

static struct policy_entry *add(struct adding *a, enum policy_access access, const char *path, char *src,
				const struct claude_row *row)
{
	policy_add(
	    a->p, access, POLICY_HOME, path, src, false,
	    xasprintf("claude.def: %s", row != NULL ? row->why : "the agent's settings of all projects"));
	return &a->p->entry[a->p->nentry - 1];
}

static void add_copy(struct adding *a, const char *path, char *text, const struct claude_row *row)
{
	add(a, POLICY_COPY, path, text, row)->secret = true;
}

/* A link of the user's own, as people with a repository of settings have them: the thing that it leads to. */
static bool link_is_safe(struct adding *a, const struct host_claude_entry *e)
{
	const struct policy_entry *w = policy_written(a->p, e->node.real);

	for (size_t i = 0; i < ARRAY_SIZE(creds); i++) {
		AUTO_FREE char *cred = path_join(a->p->home, creds[i]);

		if (path_is_under(e->node.real, cred) || path_is_under(cred, e->node.real)) {
			strv_addf(&a->p->weaker, "~/.claude/%s is left out: it leads to credentials",
				  e->name);
			return false;
		}
	}
	/* Else it is held: see claude_name. */
	if (w != NULL && !autorun_is_held(a->p, e->node.real))
		strv_addf(&a->p->weaker, "~/.claude/%s leads into %s, which the sandbox can write", e->name,
			  w->path);
	return true;
}

static void add_read(struct adding *a, const struct host_claude_entry *e, const struct claude_row *row)
{
	AUTO_FREE char *path = path_join(a->inside, e->name);
	struct policy_entry *added;

	if ((e->node.real_type != HOST_FILE && e->node.real_type != HOST_DIR) || policy_has(a->p, path))
		return;
	if (e->node.type == HOST_LINK && !link_is_safe(a, e))
		return;
	added = add(a, POLICY_READ, path, xstrdup(e->node.real), row);
	added->is_dir = e->node.real_type == HOST_DIR;
	if (e->node.type != HOST_LINK)
		added->via = path_join(CLAUDE_STAGE, e->name);
}

static void say_unusable(struct adding *a, const char *name, int error)
{
	bool moved = a->h->claude.moved && streq(name, ".claude");

	strv_addf(&a->p->weaker, "%s%s is left out: %s", moved ? "" : "~/",
		  moved ? a->h->claude.node.path : name,
		  error == EILSEQ		  ? "it is no text"
		  : error == EFBIG		  ? "it is too large"
		  : error == EINVAL || error == 0 ? "it is no file"
		  : error == ENOTDIR		  ? "it is no directory"
		  : error == ENOENT		  ? "it leads nowhere"
						  : strerrorname_np(error));
}

void claude_judge_settings(struct policy *p, const char *shown, const char *text)
{
	/* The agent takes an empty one for none, and passes over a mark of the byte order. */
	text += str_starts(text, "\xef\xbb\xbf") ? 3 : 0;
	if (text[strspn(text, " \t\r\n")] != '\0' && !jsonslice_is_object(jsonslice_of(text)))
		strv_addf(&p->notes, "%s is no JSON object: the agent may pass over all of it", shown);
}

static void add_login(struct adding *a, const struct host_claude_entry *e, const struct claude_row *row)
{
	AUTO_FREE char *path = path_join(a->inside, e->name);
	const struct policy_entry *w = e->node.real != NULL ? policy_written(a->p, e->node.real) : NULL;

	if (a->conf->value[CONFKEY_CLAUDE_CREDENTIALS].n == CONF_LOGIN_NONE)
		return;
	if (e->text.bytes == NULL) {
		say_unusable(a, ".claude/.credentials.json", e->text.error);
		return;
	}
	if (w != NULL)
		strv_addf(&a->p->weaker, "the login lies in %s, which the sandbox can write", w->path);
	if (!jsonslice_is_object(jsonslice_of(e->text.bytes)))
		strv_addf(&a->p->notes,
			  "~/.claude/%s is no JSON object: the agent has no login, and one "
			  "made in here is not kept; try: log in on the host",
			  e->name);
	if (a->conf->value[CONFKEY_CLAUDE_CREDENTIALS].n == CONF_LOGIN_RO) {
		add(a, POLICY_FILE, path, xstrdup(e->text.bytes), row)->secret = true;
		return;
	}
	add_copy(a, path, xstrdup(e->text.bytes), row);
	a->p->claude.login = w == NULL ? xstrdup(e->node.real) : NULL;
}

/*
 * The lines of this project: the key that the agent writes. A string can't hold
 * it by itself: its quotes would have backslashes before them.
 */
static char *own_history(const struct adding *a, const char *text)
{
	char *key = NULL, *out = NULL;
	size_t len;
	FILE *f = open_memstream(&key, &len);

	if (f == NULL)
		mem_oom();
	fputs(",\"project\":", f);
	jsonout_string(f, a->p->project);
	fclose(f);
	f = open_memstream(&out, &len);
	if (f == NULL)
		mem_oom();
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\n");

		if (memmem(line, n, key, strlen(key)) != NULL) {
			fwrite(line, 1, n, f);
			putc('\n', f);
		}
	}
	fclose(f);
	free(key);
	return out;
}

static void add_entry(struct adding *a, const struct host_claude_entry *e)
{
	const struct claude_row *row = row_of(e->name);
	AUTO_FREE char *path = path_join(a->inside, e->name);

	switch (row->kind) {
	case CLAUDE_READ:
		add_read(a, e, row);
		break;
	case CLAUDE_COPY:
		if (e->text.bytes != NULL) {
			AUTO_FREE char *shown = xasprintf("~/.claude/%s", e->name);

			claude_judge_settings(a->p, shown, e->text.bytes);
			add_copy(a, path, xstrdup(e->text.bytes), row);
		} else {
			say_unusable(a, path + strlen(a->p->home) + 1, e->text.error);
		}
		break;
	case CLAUDE_HISTORY:
		if (a->keep && e->text.bytes != NULL)
			add_copy(a, path, own_history(a, e->text.bytes), row);
		break;
	case CLAUDE_LOGIN:
		add_login(a, e, row);
		break;
	case CLAUDE_PROJECT:
	case CLAUDE_OWN:
	case CLAUDE_NONE:
		break;
	}
}

/* A directory that is writable and kept: made on the host where it is missing. */
static void add_kept(struct adding *a, const char *below, const char *stage, const char *name,
		     const struct claude_row *row)
{
	AUTO_FREE char *src = path_join(below, name);
	AUTO_FREE char *path = path_join(a->inside, name);
	struct policy_entry *e;

	if (policy_has(a->p, path) ||
	    (a->conf->claude_without != NULL && strv_has(a->conf->claude_without, src)))
		return;
	strv_add(&a->p->make, src);
	e = add(a, POLICY_WRITE, path, xstrdup(src), row);
	e->is_dir = true;
	e->via = path_join(stage, name);
}

static bool drops_memory(const struct adding *a)
{
	return a->conf->value[CONFKEY_CLAUDE_MEMORY].n == CONF_MEMORY_DROP;
}

/* Nothing can be mounted over a link or a file; and what a test would have to make is left out. */
static bool memory_fits(struct adding *a, const char *name)
{
	AUTO_FREE char *record = path_join(a->dir, name);
	AUTO_FREE char *src = path_join(record, "memory");
	enum host_type type = a->h->memory.node.type;

	if (type != HOST_DIR && type != HOST_ABSENT) {
		strv_addf(&a->p->weaker,
			  "%s is no directory, and can't be dropped: the record of this project is left out",
			  src);
		return false;
	}
	return a->conf->claude_without == NULL || !strv_has(a->conf->claude_without, src);
}

/* Over the record, in which the host's would be written to. */
static void add_memory(struct adding *a, const char *name)
{
	const struct host_claude *m = &a->h->memory;
	struct policy_memory *ret = &a->p->claude.memory;
	AUTO_FREE char *record = path_join(a->inside, name);
	AUTO_FREE char *host = path_join(a->dir, name);
	const char *shown;

	if (!policy_has(a->p, record))
		return;
	ret->path = path_join(record, "memory");
	shown = ret->path + strlen(a->p->home) + 1;
	strv_take(&a->p->make, path_join(host, "memory"));
	policy_add(a->p, POLICY_PRIVATE, POLICY_HOME, ret->path, NULL, true,
		   xstrdup("claude.memory drop: private copies, changes are dropped"));
	a->p->entry[a->p->nentry - 1].via = xstrdup(CLAUDE_MEMORY_COPIES);
	if (m->error != 0)
		say_unusable(a, shown, m->error);
	for (size_t i = 0; i < m->n && i < HOST_MEMORY_MAX; i++) {
		const struct host_claude_entry *e = &m->entry[i];

		if (e->text.bytes == NULL) {
			AUTO_FREE char *file = xasprintf("%s/%s", shown, e->name);

			say_unusable(a, file, e->text.error);
			continue;
		}
		ret->file = xrealloc_array(ret->file, ret->n + 1, sizeof(*ret->file));
		ret->file[ret->n++] = (struct policy_memory_file){ xstrdup(e->name), xstrdup(e->text.bytes) };
	}
	if (m->n > HOST_MEMORY_MAX)
		strv_addf(&a->p->weaker, "~/%s has more than %d files: the rest is left out", shown,
			  HOST_MEMORY_MAX);
}

static void add_record(struct adding *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].kind == CLAUDE_PROJECT) {
			AUTO_FREE char *name = path_join(rows[i].glob, a->slug);

			if (!drops_memory(a)) {
				add_kept(a, a->dir, CLAUDE_STAGE, name, &rows[i]);
			} else if (memory_fits(a, name)) {
				add_kept(a, a->dir, CLAUDE_STAGE, name, &rows[i]);
				add_memory(a, name);
			}
		} else if (rows[i].kind == CLAUDE_OWN) {
			add_kept(a, a->record, CLAUDE_RECORD, rows[i].glob, &rows[i]);
		}
	}
}

static void put_member(FILE *f, struct jsonslice_member m)
{
	fputs("\n  \"", f);
	fwrite(m.key.s, 1, m.key.n, f);
	fputs("\": ", f);
	fwrite(m.value.s, 1, m.value.n, f);
	putc(',', f);
}

/* The members of an object but for some, each with a comma behind it. */
static void put_members(FILE *f, struct jsonslice object, const char *const *but)
{
	struct jsonslice_iter it;
	struct jsonslice_member m;

	if (!jsonslice_begin(object, &it))
		return;
	while (jsonslice_next(&it, &m) > 0) {
		bool skip = false;

		for (size_t i = 0; but[i] != NULL && !skip; i++)
			skip = jsonslice_says(m.key, but[i]);
		if (!skip)
			put_member(f, m);
	}
}

/* This project's entry alone, and no question at the first start: everything else would nag, or tell of others. */
static char *seeded_config(const struct adding *a, const char *text)
{
	const char *out_of_it[4 + ARRAY_SIZE(login_keys) + 1] = { "projects", "githubRepoPaths",
								  "hasCompletedOnboarding" };
	static const char *const asked[] = { "hasTrustDialogAccepted", "hasCompletedProjectOnboarding",
					     NULL };
	char *key = NULL, *out = NULL;
	size_t len, n = 3;
	FILE *f = open_memstream(&key, &len);

	if (f == NULL)
		mem_oom();
	jsonout_string(f, a->p->project);
	fclose(f);
	if (a->conf->yolo)
		out_of_it[n++] = "bypassPermissionsModeAccepted";
	for (size_t i = 0; i < ARRAY_SIZE(login_keys); i++)
		if (a->conf->value[CONFKEY_CLAUDE_CREDENTIALS].n == CONF_LOGIN_NONE)
			out_of_it[n++] = login_keys[i];
	f = open_memstream(&out, &len);
	if (f == NULL)
		mem_oom();
	putc('{', f);
	put_members(f, jsonslice_of(text), out_of_it);
	if (a->conf->yolo)
		fputs("\n  \"bypassPermissionsModeAccepted\": true,", f);
	fprintf(f, "\n  \"hasCompletedOnboarding\": true,\n  \"projects\": {%s: {", key);
	key[strlen(key) - 1] = '\0';
	put_members(f, jsonslice_get(jsonslice_get(jsonslice_of(text), "projects"), key + 1), asked);
	fputs("\n  \"hasTrustDialogAccepted\": true, \"hasCompletedProjectOnboarding\": true}}\n}\n", f);
	fclose(f);
	free(key);
	return out;
}

static void add_config(struct adding *a)
{
	const struct host_claude *c = &a->h->claude;
	AUTO_FREE char *path = path_join(a->p->home, ".claude.json");
	const char *text = c->config.bytes != NULL ? c->config.bytes : "{}";

	if (c->config.error != 0)
		say_unusable(a, ".claude.json", c->config.error);
	else if (!jsonslice_is_object(jsonslice_of(text)))
		strv_addf(&a->p->notes, "~/.claude.json is left out: it is no JSON object");
	if (!jsonslice_is_object(jsonslice_of(text)))
		text = "{}";
	add_copy(a, path, seeded_config(a, text), NULL);
}

/* Judged where it is not simply ~/.claude: what it leads to would come inside, entry by entry. */
static bool is_fit(struct adding *a)
{
	const struct host_claude *c = &a->h->claude;
	const char *why = NULL;

	if (c->moved && *c->node.path != '/')
		why = "CLAUDE_CONFIG_DIR is no absolute path";
	else if (c->node.real != NULL && (c->moved || c->node.type == HOST_LINK))
		why = guard_state(a->h, c->node.real);
	if (why == NULL)
		return true;
	strv_addf(&a->p->weaker, "%s is not taken as the agent's state: %s",
		  c->node.real != NULL ? c->node.real : c->node.path, why);
	return false;
}

/* The directory itself; false where there is nothing that state could be taken from or kept in. */
static bool find_dir(struct adding *a)
{
	const struct host_claude *c = &a->h->claude;
	const struct policy_entry *w;

	if (!is_fit(a))
		return false;
	if (c->node.real_type == HOST_DIR && c->error == 0)
		a->dir = xstrdup(c->node.real);
	else if (c->node.type == HOST_ABSENT)
		a->dir = a->keep && a->conf->agent && a->conf->claude_without == NULL ? xstrdup(c->node.path)
										      : NULL;
	else
		say_unusable(a, ".claude",
			     c->error != 0			? c->error
			     : c->node.real_type == HOST_ABSENT ? ENOENT
								: ENOTDIR);
	if (a->dir == NULL)
		return false;
	w = policy_written(a->p, a->dir);
	if (w != NULL)
		strv_addf(
		    &a->p->weaker,
		    "~/.claude lies in %s, which the sandbox can write: it can change what the agent does "
		    "on the host",
		    w->path);
	return true;
}

/* By a key, a helper that prints one, or another provider. */
static bool needs_no_login(const struct adding *a, const char *variable)
{
	const struct host_claude *c = &a->h->claude;
	const char *value = env_get(a->h->env, variable);
	size_t len = strlen(variable);

	if (value != NULL && *value != '\0')
		return true;
	for (size_t i = 0; i < a->conf->env.n; i++)
		if (str_starts(a->conf->env.item[i].value, variable) &&
		    a->conf->env.item[i].value[len] == '=')
			return true;
	for (size_t i = 0; i < c->n; i++) {
		struct jsonslice text;

		if (c->entry[i].text.bytes == NULL || row_of(c->entry[i].name)->kind != CLAUDE_COPY)
			continue;
		text = jsonslice_of(c->entry[i].text.bytes);
		if (jsonslice_get(text, "apiKeyHelper").s != NULL ||
		    jsonslice_get(jsonslice_get(text, "env"), variable).s != NULL)
			return true;
	}
	return false;
}

/* Else the agent asks for it at each start, and nobody knows whether it is worth the trouble. */
static void say_no_login(struct adding *a)
{
	const struct host_claude *c = &a->h->claude;

	if (!a->conf->agent || a->conf->value[CONFKEY_CLAUDE_CREDENTIALS].n == CONF_LOGIN_NONE)
		return;
	for (size_t i = 0; i < c->n; i++)
		if (row_of(c->entry[i].name)->kind == CLAUDE_LOGIN)
			return;
	for (size_t i = 0; i < ARRAY_SIZE(instead); i++)
		if (needs_no_login(a, instead[i]))
			return;
	for (size_t i = 0; i < ARRAY_SIZE(login_keys); i++)
		if (c->config.bytes != NULL &&
		    jsonslice_get(jsonslice_of(c->config.bytes), login_keys[i]).s != NULL)
			return;
	strv_addf(&a->p->notes, "no login yet: %s",
		  !a->p->claude.sync ? "one made in here is not kept (claude.credentials is ro)"
		  : a->dir == NULL ? "one made in here is not kept: there is no ~/.claude for it; try: mkdir "
				     "~/.claude"
				   : "log in here once, it is kept");
}

static bool has_via(const struct policy *p, const char *stage)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].via != NULL && path_is_under(p->entry[i].via, stage))
			return true;
	return false;
}

static void add_state(struct adding *a)
{
	const struct host_claude *c = &a->h->claude;
	AUTO_FREE char *folder = policy_state(a->h);
	AUTO_FREE char *projects = path_join(folder, "projects");

	a->p->state = TAKE_PTR(folder);

	a->slug = claude_slug(a->p->project);
	a->record = path_join(projects, a->slug);
	if (!find_dir(a)) {
		if (c->node.type == HOST_ABSENT && a->conf->claude_without == NULL)
			say_no_login(a);
		return;
	}
	for (size_t i = 0; i < c->n; i++)
		add_entry(a, &c->entry[i]);
	say_no_login(a);
	a->p->claude.dir = xstrdup(a->dir);
	policy_add_stage(a->p, a->dir, CLAUDE_STAGE,
			 "the agent's state, taken apart by descriptor and removed again");
	if (!a->keep)
		return;
	add_record(a);
	if (!has_via(a->p, CLAUDE_RECORD))
		return;
	policy_add_stage(a->p, a->record, CLAUDE_RECORD, "the record of this project, likewise");
}

void claude_name(const struct host *h, struct policy *p)
{
	const struct host_claude *c = &h->claude;
	/* All of the home is not the agent's, whatever CLAUDE_CONFIG_DIR or a link says. */
	bool whole = c->node.real != NULL && path_is_under(h->home, c->node.real);

	for (size_t i = 0; i < c->n && !whole; i++) {
		const struct claude_row *row = row_of(c->entry[i].name);

		if (row->kind != CLAUDE_READ && row->kind != CLAUDE_COPY)
			continue;
		strv_take(&p->named.home, path_join(c->node.path, c->entry[i].name));
		strv_addf(&p->named.home_why, "claude.def: %s", row->why);
	}
	if (c->config_node.type != HOST_ABSENT) {
		strv_add(&p->named.home, c->config_node.path);
		strv_add(&p->named.home_why, "claude.def: the agent's settings of all projects");
	}
}

void claude_add(const struct conf *conf, const struct host *h, struct policy *p)
{
	const struct host_claude *c = &h->claude;
	bool none = !c->moved && c->node.type == HOST_ABSENT && c->config_node.type == HOST_ABSENT;
	struct adding a = { .conf = conf, .h = h, .p = p };

	/* Without a home there is nowhere to keep anything; without an agent, nothing that would want it. */
	if (none && !conf->agent)
		return;
	if (!streq(p->home, h->home)) {
		if (conf->agent)
			strv_addf(&p->weaker,
				  "%s%s: the agent has no state, no login, and nothing of it is kept",
				  *h->home != '\0' ? h->home : "HOME",
				  *h->home != '\0' ? " is no home" : " names no directory");
		return;
	}
	a.inside = path_join(p->home, ".claude");
	a.keep = conf->value[CONFKEY_CLAUDE_STATE].n == CONF_STATE_PERSIST;
	p->claude.inside = xstrdup(a.inside);
	p->claude.keep = a.keep;
	p->claude.sync = conf->value[CONFKEY_CLAUDE_CREDENTIALS].n == CONF_LOGIN_SYNC;
	add_config(&a);
	add_state(&a);
	free(a.inside);
	free(a.dir);
	free(a.slug);
	free(a.record);
}
