/* SPDX-License-Identifier: MIT */
#include "agentwords.h"

#include <string.h>

#include "json.h"
#include "mem.h"
#include "util.h"

static const struct {
	const char *where;
	enum agentwords_kind kind;
} rows[] = {
#define COMMAND(where, kind) { where, AGENTWORDS_##kind },
#include "data/commands.def"
#undef COMMAND
};

static const struct {
	const char *name;
	enum agentwords_variable kind;
} variables[] = {
#define RUNVAR(name, kind, title) { name, AGENTWORDS_##kind },
#include "data/runvars.def"
#undef RUNVAR
};

static const char git_key[] = "GIT_CONFIG_KEY_", git_value[] = "GIT_CONFIG_VALUE_";

enum agentwords_variable agentwords_variable(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (streq(name, variables[i].name))
			return variables[i].kind;
	return AGENTWORDS_NOTHING;
}

char *agentwords_words(const char *value)
{
	char *words = xstrdup(value);

	for (char *s = words; (s = strpbrk(s, ":,@")) != NULL;)
		*s = ' ';
	return words;
}

void agentwords_environment(char *const *env, struct strv *ret)
{
	for (size_t i = 0; env[i] != NULL; i++) {
		AUTO_FREE char *name = xstrndup(env[i], strcspn(env[i], "="));
		AUTO_FREE char *key = NULL;
		const char *git;

		if (agentwords_variable(name) != AGENTWORDS_NOTHING && !streq(name, "PATH"))
			strv_add(ret, env[i]);
		if (!str_starts(name, git_value))
			continue;
		key = xasprintf("%s%s", git_key, name + strlen(git_value));
		git = env_get(env, key);
		if (git != NULL)
			strv_addf(ret, "GIT_CONFIG:%s=%s", git, env[i] + strlen(name) + 1);
	}
}

/* The other half of GIT_CONFIG_VALUE_n, or NULL. */
static const char *key_of_git(const struct json *all, const char *n)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct json *v = &all->item[i];

		if (v->key != NULL && v->type == JSON_STRING && str_starts(v->key, git_key) &&
		    streq(v->key + strlen(git_key), n))
			return v->string;
	}
	return NULL;
}

static void take_variables(const struct json *all, bool words, struct strv *ret)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct json *v = &all->item[i];
		const char *key;

		if (v->type != JSON_STRING || v->key == NULL)
			continue;
		switch (agentwords_variable(v->key)) {
		case AGENTWORDS_WORDS:
			if (words)
				strv_take(ret, agentwords_words(v->string));
			break;
		case AGENTWORDS_PROGRAMS:
		case AGENTWORDS_LIBRARY:
			if (!words)
				strv_addf(ret, "%s=%s", v->key, v->string);
			break;
		case AGENTWORDS_NOTHING:
			key = str_starts(v->key, git_value) ? key_of_git(all, v->key + strlen(git_value))
							    : NULL;
			if (!words && key != NULL)
				strv_addf(ret, "GIT_CONFIG:%s=%s", key, v->string);
			break;
		}
	}
}

enum taken { STRINGS, WORDS, ASSIGNMENTS };

static enum taken taken_of(enum agentwords_kind kind)
{
	if (kind == AGENTWORDS_ASSIGNMENTS || kind == AGENTWORDS_SERVER_ASSIGNMENTS)
		return ASSIGNMENTS;
	return kind == AGENTWORDS_VARIABLES || kind == AGENTWORDS_SERVER_VARIABLES ? WORDS : STRINGS;
}

/* The strings at the end of the way `where`, which has at most a handful of steps. */
static void take(const struct json *v, const char *where, enum taken what, struct strv *ret)
{
	size_t n = strcspn(where, ".");
	const char *rest = where[n] == '.' ? where + n + 1 : where + n;

	if (*where == '\0') {
		if (v->type == JSON_STRING)
			strv_add(ret, v->string);
		return;
	}
	if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
		return;
	if (what != STRINGS && *rest == '\0') {
		take_variables(v, what == WORDS, ret);
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		const char *key = v->item[i].key;

		if ((n == 1 && *where == '*') ||
		    (key != NULL && strlen(key) == n && strncmp(key, where, n) == 0))
			take(&v->item[i], rest, what, ret);
	}
}

/* What is wrong with it the agent says. */
static bool parse(const char *text, size_t len, struct json_doc *ret)
{
	struct diag ignored = { 0 };

	return json_parse("settings", text, len, 0, ret, &ignored) == 0;
}

bool agentwords_readable(const char *text, size_t len)
{
	struct json_doc doc;
	bool ok = parse(text, len, &doc);

	json_done(&doc);
	return ok;
}

void agentwords_collect(const char *text, size_t len, enum agentwords_kind kind, struct strv *ret)
{
	AUTO_STRV struct strv found = { 0 };
	struct json_doc doc;

	if (parse(text, len, &doc))
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (rows[i].kind == kind)
				take(&doc.root, rows[i].where, taken_of(kind), &found);
	for (size_t i = 0; i < found.n; i++)
		if (!strv_has(ret, found.v[i]))
			strv_add(ret, found.v[i]);
	json_done(&doc);
}

void agentwords_servers(const char *text, size_t len, void (*tell)(const struct strv *words, void *arg),
			void *arg)
{
	struct json_doc doc;

	if (parse(text, len, &doc) && doc.root.type == JSON_OBJECT)
		for (size_t k = 0; k < doc.root.n; k++) {
			AUTO_STRV struct strv words = { 0 };

			/* Both begin with the server's name, and the program comes first. */
			for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
				if (rows[i].kind == AGENTWORDS_SERVERS ||
				    rows[i].kind == AGENTWORDS_ARGUMENTS)
					take(&doc.root.item[k], rows[i].where + strlen("*."), STRINGS,
					     &words);
			tell(&words, arg);
		}
	json_done(&doc);
}
