/* SPDX-License-Identifier: MIT */
#include "agentwords.h"

#include <string.h>

#include "json.h"
#include "util.h"

static const struct {
	const char *where;
	enum agentwords_kind kind;
} rows[] = {
#define COMMAND(where, kind) { where, AGENTWORDS_##kind },
#include "data/commands.def"
#undef COMMAND
};

static const char *const variables[] = {
#define RUNVAR(name, title) name,
#include "data/runvars.def"
#undef RUNVAR
};

static bool runs(const char *variable)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (variable != NULL && streq(variable, variables[i]))
			return true;
	return false;
}

/* The strings at the end of the way `where`, which has at most a handful of steps. */
static void take(const struct json *v, const char *where, bool of_variables, struct strv *ret)
{
	size_t n = strcspn(where, ".");
	const char *rest = where[n] == '.' ? where + n + 1 : where + n;

	if (*where == '\0') {
		if (v->type != JSON_STRING || (of_variables && !runs(v->key)))
			return;
		strv_add(ret, v->string);
		for (char *s = ret->v[ret->n - 1]; of_variables && (s = strpbrk(s, ":,@")) != NULL;)
			*s = ' ';
		return;
	}
	if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
		return;
	for (size_t i = 0; i < v->n; i++) {
		const char *key = v->item[i].key;

		if ((n == 1 && *where == '*') ||
		    (key != NULL && strlen(key) == n && strncmp(key, where, n) == 0))
			take(&v->item[i], rest, of_variables, ret);
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
				take(&doc.root, rows[i].where,
				     kind == AGENTWORDS_VARIABLES || kind == AGENTWORDS_SERVER_VARIABLES,
				     &found);
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
					take(&doc.root.item[k], rows[i].where + strlen("*."), false, &words);
			tell(&words, arg);
		}
	json_done(&doc);
}
