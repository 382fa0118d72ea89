/* SPDX-License-Identifier: MIT */
#include "gate/failon.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "opt.h"
#include "util.h"

enum failon_kind { FAILON_ALL, FAILON_SEVERITY, FAILON_CLASS, FAILON_STATE, FAILON_SKIP, FAILON_GLOB };

static const struct failon_word {
	const char *word;
	enum failon_kind kind;
	int value; /* SEVERITY: the higher the worse; STATE, SKIP: of the report */
} failon_words[] = {
	{ "all", FAILON_ALL, 0 },
	{ "critical", FAILON_SEVERITY, 4 },
	{ "high", FAILON_SEVERITY, 3 },
	{ "medium", FAILON_SEVERITY, 2 },
	{ "low", FAILON_SEVERITY, 1 },
	{ "escape", FAILON_CLASS, 0 },
	{ "exfiltration", FAILON_CLASS, 0 },
	{ "discovery", FAILON_CLASS, 0 },
	{ "persistence", FAILON_CLASS, 0 },
	{ "dos", FAILON_CLASS, 0 },
	{ "function", FAILON_CLASS, 0 },
	{ "inconclusive", FAILON_STATE, REPORT_INCONCLUSIVE },
	{ "error", FAILON_STATE, REPORT_ERROR },
	{ "timeout", FAILON_STATE, REPORT_TIMEOUT },
	{ "waived", FAILON_STATE, REPORT_WAIVED },
	{ "now-passing", FAILON_STATE, REPORT_NOW_PASSING },
	{ "skip", FAILON_SKIP, REPORT_SKIP_NONE },
	{ "not-applicable", FAILON_SKIP, REPORT_SKIP_NOT_APPLICABLE },
	{ "unsupported", FAILON_SKIP, REPORT_SKIP_UNSUPPORTED },
	{ "missing-tool", FAILON_SKIP, REPORT_SKIP_MISSING_TOOL },
};

static const struct failon_word *failon_find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(failon_words); i++)
		if (streq(failon_words[i].word, word))
			return &failon_words[i];
	return NULL;
}

/* A severity that the table doesn't have is as bad as can be. */
static int failon_rank(const char *severity)
{
	const struct failon_word *w = failon_find(severity);

	return w != NULL && w->kind == FAILON_SEVERITY ? w->value : 4;
}

/* --- the text */

/* The next rule of *text, owned, and *text moved behind it; NULL at the end. */
static char *failon_next(const char **text)
{
	size_t n;
	char *word;

	if (*text == NULL)
		return NULL;
	n = strcspn(*text, ",");
	word = xstrndup(*text, n);
	*text = (*text)[n] == ',' ? *text + n + 1 : NULL;
	return word;
}

static int failon_unknown(const char *word, const struct manifest *m, struct diag *d)
{
	const char **names = xcalloc(ARRAY_SIZE(failon_words) + m->n, sizeof(*names));
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(failon_words); i++)
		names[n++] = failon_words[i].word;
	for (size_t i = 0; i < m->n; i++)
		names[n++] = m->row[i].id;
	near = opt_nearest(word, names, n);
	free(names);
	diag_set(d, -EINVAL, "--fail-on: %.80s is no severity, class or state, and no probe is called that",
		 word);
	if (near != NULL)
		diag_try(d, "%s", near);
	else
		diag_try(d, "claude-sandbox-report(5) lists the rules, --list-probes the probes");
	return -EINVAL;
}

int failon_check(const char *text, const struct manifest *m, struct diag *d)
{
	while (text != NULL) {
		AUTO_FREE char *word = failon_next(&text);
		bool any = failon_find(word) != NULL;

		if (word[0] == '\0') {
			diag_set(d, -EINVAL, "--fail-on: a rule is empty");
			diag_try(d, "--fail-on high,inconclusive");
			return -EINVAL;
		}
		for (size_t i = 0; i < m->n && !any; i++)
			any = fnmatch(word, m->row[i].id, 0) == 0;
		if (!any)
			return failon_unknown(word, m, d);
	}
	return 0;
}

/* --- the rows */

/* True when a rule of that text says so of a finding. */
static bool failon_names_finding(const char *text, const struct report_probe *p)
{
	bool only_states = true;

	while (text != NULL) {
		AUTO_FREE char *word = failon_next(&text);
		const struct failon_word *w = failon_find(word);
		enum failon_kind kind = w != NULL ? w->kind : FAILON_GLOB;

		if (kind == FAILON_STATE || kind == FAILON_SKIP)
			continue;
		only_states = false;
		if (kind == FAILON_ALL || (kind == FAILON_CLASS && streq(word, p->class)) ||
		    (kind == FAILON_SEVERITY && failon_rank(p->severity) >= w->value) ||
		    (kind == FAILON_GLOB && fnmatch(word, p->id, 0) == 0))
			return true;
	}
	return only_states;
}

/* In your own box most skips say nothing: the scratch box has what is not there. */
static bool failon_names_state(const char *text, const struct report_probe *p)
{
	while (text != NULL) {
		AUTO_FREE char *word = failon_next(&text);
		const struct failon_word *w = failon_find(word);

		if (w == NULL)
			continue;
		if (w->kind == FAILON_STATE && (int)p->state == w->value)
			return true;
		if (w->kind == FAILON_SKIP && p->state == REPORT_SKIP && p->where == REPORT_SCRATCH &&
		    (w->value == REPORT_SKIP_NONE || (int)p->skip == w->value))
			return true;
	}
	return false;
}

void failon_apply(const char *text, struct report *r)
{
	free(r->fail_on);
	r->fail_on = text != NULL ? xstrdup(text) : NULL;
	for (size_t i = 0; i < r->n; i++) {
		struct report_probe *p = &r->probe[i];

		if (p->arm != REPORT_BOXED)
			continue;
		p->below = p->state == REPORT_FAIL && !failon_names_finding(text, p);
		p->counts = p->state != REPORT_FAIL && p->state != REPORT_PASS && failon_names_state(text, p);
	}
}
