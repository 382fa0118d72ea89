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

static int confdump_list(struct confdump *p, enum confkey key)
{
	const struct conf_list *list = conffile_list(p->c, key);
	int r = 0;

	putc('[', p->f);
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		AUTO_FREE char *pointer = xasprintf("/%s/%zu", confkey_row(key)->name, i);

		r = confdump_check(p, list->item[i].value, list->item[i].origin);
		fputs(i > 0 ? ",\n        " : "\n        ", p->f);
		jsonout_string(p->f, list->item[i].value);
		confdump_origin(p, pointer, list->item[i].origin);
	}
	fputs(list->n > 0 ? "\n    ]" : "]", p->f);
	return r;
}

static int confdump_env(struct confdump *p)
{
	const struct conf_list *env = &p->c->env;
	int r = 0;

	putc('{', p->f);
	for (size_t i = 0; r == 0 && i < env->n; i++) {
		const char *entry = env->item[i].value, *eq = strchr(entry, '=');
		AUTO_FREE char *pointer = xasprintf("/env/%.*s", (int)(eq - entry), entry);

		r = confdump_check(p, entry, env->item[i].origin);
		fputs(i > 0 ? ",\n        " : "\n        ", p->f);
		jsonout_bytes(p->f, entry, (size_t)(eq - entry));
		fputs(": ", p->f);
		jsonout_string(p->f, eq + 1);
		confdump_origin(p, pointer, env->item[i].origin);
	}
	fputs(env->n > 0 ? "\n    }" : "}", p->f);
	return r;
}

static void confdump_network(struct confdump *p)
{
	const char *choices = confkey_row(CONFKEY_NETWORK_MODE)->choices;

	for (int i = 0; i < (int)p->c->net; i++)
		choices += strcspn(choices, "|") + 1;
	fputs("{\n        \"mode\": ", p->f);
	jsonout_bytes(p->f, choices, strcspn(choices, "|"));
	fputs("\n    }", p->f);
	confdump_origin(p, "/network/mode", p->c->net_origin);
}

static int confdump_waivers(struct confdump *p)
{
	confdump_origin(p, "/waivers", p->c->waivers_origin);
	jsonout_string(p->f, p->c->waivers);
	return confdump_check(p, p->c->waivers, p->c->waivers_origin);
}

/* Whether the key has a value to write. */
static bool confdump_has(struct conf *c, enum confkey key)
{
	switch ((int)key) {
	case CONFKEY_ENV:
	case CONFKEY_NETWORK:
		return true;
	case CONFKEY_WAIVERS:
		return c->waivers != NULL;
	default:
		return conffile_list(c, key) != NULL;
	}
}

static int confdump_key(struct confdump *p, enum confkey key)
{
	fprintf(p->f, "    \"%s\": ", confkey_row(key)->name);
	switch ((int)key) {
	case CONFKEY_ENV:
		return confdump_env(p);
	case CONFKEY_NETWORK:
		confdump_network(p);
		return 0;
	case CONFKEY_WAIVERS:
		return confdump_waivers(p);
	default:
		return confdump_list(p, key);
	}
}

static int confdump_keys(struct confdump *p)
{
	int r = 0;

	for (enum confkey key = 0; r == 0 && key < CONFKEYS; key++) {
		if (!confdump_has(p->c, key))
			continue;
		r = confdump_key(p, key);
		fputs(",\n", p->f);
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
	r = confdump_keys(&p);
	if (fclose(p.f) != 0 || fclose(p.origins) != 0 || keys == NULL || origins == NULL)
		mem_oom();
	/* All of it or nothing. */
	if (r == 0)
		fprintf(f, "{\n%s    \"origins\": {%s\n    }\n}\n", keys, origins);
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
	confdump_say_list("blocked system call", &c->blocked_syscalls);
	for (size_t i = 0; i < c->env.n; i++) {
		const char *entry = c->env.item[i].value;

		log_detail("variable %.*s (%s)", (int)strcspn(entry, "="), entry, c->env.item[i].origin);
	}
}
