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

/* The strings at the end of the way `where`, which has at most a handful of steps. */
static void take(const struct json *v, const char *where, struct strv *ret)
{
	size_t n = strcspn(where, ".");
	const char *rest = where[n] == '.' ? where + n + 1 : where + n;

	if (*where == '\0') {
		if (v->type == JSON_STRING && !strv_has(ret, v->string))
			strv_add(ret, v->string);
		return;
	}
	if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
		return;
	for (size_t i = 0; i < v->n; i++) {
		const char *key = v->item[i].key;

		if ((n == 1 && *where == '*') ||
		    (key != NULL && strlen(key) == n && strncmp(key, where, n) == 0))
			take(&v->item[i], rest, ret);
	}
}

void agentwords_collect(const char *text, size_t len, enum agentwords_kind kind, struct strv *ret)
{
	struct json_doc doc;
	struct diag ignored = { 0 };

	/* What is wrong with it the agent says. */
	if (json_parse("settings", text, len, 0, &doc, &ignored) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (rows[i].kind == kind)
				take(&doc.root, rows[i].where, ret);
	json_done(&doc);
}
