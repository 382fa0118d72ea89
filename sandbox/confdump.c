/* SPDX-License-Identifier: MIT */
#include "confdump.h"

#include <errno.h>
#include <string.h>

#include "conffile.h"
#include "confkey.h"
#include "jsonout.h"
#include "log.h"
#include "mem.h"
#include "opt.h"
#include "proxyurl.h"
#include "util.h"

struct confdump {
	struct conf *c;
	FILE *f;
	FILE *origins; /* members of "origins", written beside */
	bool any_origin;
	struct diag *d;
};

static void confdump_origin(struct confdump *p, const char *pointer, const char *origin)
{
	fputs(p->any_origin ? ",\n        " : "\n        ", p->origins);
	p->any_origin = true;
	jsonout_string(p->origins, pointer);
	fputs(": ", p->origins);
	jsonout_string(p->origins, origin);
}

static int confdump_check(const struct confdump *p, const char *value, const char *origin)
{
	if (jsonout_is_utf8(value, strlen(value)))
		return 0;
	return diag_set(p->d, -EILSEQ, "%s: %s is not UTF-8, which a config file can't hold", origin, value);
}

/* Between the members of an object or list `depth` levels deep. */
static void confdump_line(const struct confdump *p, bool first, int depth)
{
	fprintf(p->f, "%s\n%*s", first ? "" : ",", depth * 4, "");
}

static int confdump_list(struct confdump *p, enum confkey key, int depth)
{
	const struct conf_list *list = conffile_list(p->c, key);
	int r = 0;

	putc('[', p->f);
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		AUTO_FREE char *above = confkey_pointer(key);
		AUTO_FREE char *pointer = xasprintf("%s/%zu", above, i);

		r = confdump_check(p, list->item[i].value, list->item[i].origin);
		confdump_line(p, i == 0, depth + 1);
		if (confkey_row(key)->type == CONFKEY_TYPE_PORTS)
			fputs(list->item[i].value, p->f);
		else
			jsonout_string(p->f, list->item[i].value);
		confdump_origin(p, pointer, list->item[i].origin);
	}
	if (list->n > 0)
		confdump_line(p, true, depth);
	putc(']', p->f);
	return r;
}

static int confdump_env(struct confdump *p, int depth)
{
	const struct conf_list *env = &p->c->env;
	int r = 0;

	putc('{', p->f);
	for (size_t i = 0; r == 0 && i < env->n; i++) {
		const char *entry = env->item[i].value, *eq = strchr(entry, '=');
		AUTO_FREE char *pointer = xasprintf("/env/%.*s", (int)(eq - entry), entry);

		r = confdump_check(p, entry, env->item[i].origin);
		confdump_line(p, i == 0, depth + 1);
		jsonout_bytes(p->f, entry, (size_t)(eq - entry));
		fputs(": ", p->f);
		jsonout_string(p->f, eq + 1);
		confdump_origin(p, pointer, env->item[i].origin);
	}
	if (env->n > 0)
		confdump_line(p, true, depth);
	putc('}', p->f);
	return r;
}

static void confdump_value(struct confdump *p, enum confkey key)
{
	const struct confkey_row *row = confkey_row(key);
	int n = p->c->value[key].n;
	const char *origin = p->c->value[key].origin, *choices = row->choices;
	AUTO_FREE char *pointer = confkey_pointer(key);

	confdump_origin(p, pointer, origin != NULL ? origin : "built-in");
	if (row->type == CONFKEY_TYPE_FLAG) {
		fputs(n > 0 ? "true" : "false", p->f);
		return;
	}
	for (int i = 0; i < n; i++)
		choices += strcspn(choices, "|") + 1;
	jsonout_bytes(p->f, choices, strcspn(choices, "|"));
}

static int confdump_path(struct confdump *p, enum confkey key)
{
	AUTO_FREE char *pointer = confkey_pointer(key);
	char **origin, **path = conffile_path(p->c, key, &origin);

	confdump_origin(p, pointer, *origin);
	jsonout_string(p->f, *path);
	return confdump_check(p, *path, *origin);
}

/* As it may be shown; of what can't be used nothing. Owned. */
static char *confdump_upstream(const struct conf *c)
{
	struct proxyurl u;

	if (c->upstream == NULL || streq(c->upstream, PROXYURL_NONE))
		return c->upstream != NULL ? xstrdup(c->upstream) : NULL;
	return proxyurl_parse(c->upstream, &u) == NULL ? proxyurl_shown(&u) : NULL;
}

static void confdump_limit(struct confdump *p, enum limit_id id, const char *pointer)
{
	char text[LIMIT_TEXT];

	confdump_origin(p, pointer, p->c->limit[id].origin);
	jsonout_string(p->f, limitset_text(id, p->c->limit[id].n, text));
}

static void confdump_text(struct confdump *p, enum confkey key)
{
	AUTO_FREE char *pointer = confkey_pointer(key);
	AUTO_FREE char *shown = NULL;

	if (confkey_limit(key) < LIMITS) {
		confdump_limit(p, confkey_limit(key), pointer);
		return;
	}
	shown = confdump_upstream(p->c);
	confdump_origin(p, pointer, p->c->upstream_origin);
	jsonout_string(p->f, shown);
}

static bool confdump_has(struct conf *c, enum confkey key);

/* The next key of the object that has something to write, from `key` on. */
static enum confkey confdump_next(struct conf *c, enum confkey parent, enum confkey key)
{
	while (key < CONFKEYS && !(confkey_is_child(key, parent) && confdump_has(c, key)))
		key++;
	return key;
}

/* Whether the key has a value to write. */
static bool confdump_has(struct conf *c, enum confkey key)
{
	AUTO_FREE char *upstream = key == CONFKEY_NETWORK_UPSTREAM ? confdump_upstream(c) : NULL;
	char **origin;

	if (!confkey_row(key)->now || key == CONFKEY_ORIGINS)
		return false;
	/* An int: the other types are lists. */
	switch ((int)confkey_row(key)->type) {
	case CONFKEY_TYPE_CHOICE:
	case CONFKEY_TYPE_FLAG:
	case CONFKEY_TYPE_MAP:
		return true;
	case CONFKEY_TYPE_FILE:
		return *conffile_path(c, key, &origin) != NULL;
	case CONFKEY_TYPE_TEXT:
		return confkey_limit(key) < LIMITS ? c->limit[confkey_limit(key)].n > 0 : upstream != NULL;
	case CONFKEY_TYPE_OBJECT:
		return confdump_next(c, key, 0) < CONFKEYS;
	default:
		return conffile_list(c, key) != NULL;
	}
}

static int confdump_object(struct confdump *p, enum confkey parent, int depth);

static int confdump_key(struct confdump *p, enum confkey key, int depth)
{
	switch ((int)confkey_row(key)->type) {
	case CONFKEY_TYPE_CHOICE:
	case CONFKEY_TYPE_FLAG:
		confdump_value(p, key);
		return 0;
	case CONFKEY_TYPE_MAP:
		return confdump_env(p, depth);
	case CONFKEY_TYPE_FILE:
		return confdump_path(p, key);
	case CONFKEY_TYPE_TEXT:
		confdump_text(p, key);
		return 0;
	case CONFKEY_TYPE_OBJECT:
		putc('{', p->f);
		if (confdump_object(p, key, depth + 1) < 0)
			return -EILSEQ;
		confdump_line(p, true, depth);
		putc('}', p->f);
		return 0;
	default:
		return confdump_list(p, key, depth);
	}
}

/* The members of an object, CONFKEYS: of the file. */
static int confdump_object(struct confdump *p, enum confkey parent, int depth)
{
	int r = 0;
	bool first = true;

	for (enum confkey key = 0; r == 0 && (key = confdump_next(p->c, parent, key)) < CONFKEYS; key++) {
		confdump_line(p, first, depth);
		fprintf(p->f, "\"%s\": ", confkey_leaf(key));
		r = confdump_key(p, key, depth);
		first = false;
	}
	return r;
}

int confdump_write(struct conf *c, FILE *f, struct diag *d)
{
	AUTO_FREE char *keys = NULL, *origins = NULL;
	size_t n = 0;
	struct confdump p = {
		.c = c, .d = d, .f = open_memstream(&keys, &n), .origins = open_memstream(&origins, &n)
	};
	int r;

	if (p.f == NULL || p.origins == NULL)
		mem_oom();
	r = confdump_object(&p, CONFKEYS, 1);
	if (fclose(p.f) != 0 || fclose(p.origins) != 0 || keys == NULL || origins == NULL)
		mem_oom();
	/* All of it or nothing. */
	if (r == 0)
		fprintf(f, "{%s,\n    \"origins\": {%s\n    }\n}\n", keys, origins);
	return r;
}

static void confdump_say_list(const char *what, const struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		log_detail("%s %s (%s)", what, list->item[i].value, list->item[i].origin);
}

void confdump_say(const struct conf *c)
{
	if (c->config_file != NULL)
		log_detail("config file %s", c->config_file);
	if (c->project_file != NULL)
		log_detail("the project's settings %s", c->project_file);
	confdump_say_list("mask", &c->mask);
	confdump_say_list("allowed port", &c->port);
	confdump_say_list("autorun", &c->allow_autorun);
	confdump_say_list("blocked system call", &c->blocked_syscalls);
	confdump_say_list("blocked command", &c->blocked_commands);
	for (enum limit_id id = 0; id < LIMITS; id++) {
		char text[LIMIT_TEXT];

		if (c->limit[id].n > 0)
			log_detail("limit %s=%s (%s)", limitset_row(id)->name,
				   limitset_text(id, c->limit[id].n, text), c->limit[id].origin);
	}
	for (size_t i = 0; i < c->env.n; i++) {
		const char *entry = c->env.item[i].value;

		log_detail("variable %.*s (%s)", (int)strcspn(entry, "="), entry, c->env.item[i].origin);
	}
}
