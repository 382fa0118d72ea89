/* SPDX-License-Identifier: MIT */
#include "report/baseline.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"
#include "util.h"

#define BASELINE_ID 64 /* characters of an id, at most */

/* --- reading */

struct baseline_reader {
	const struct json_doc *doc;
	struct diag *d;
};

void baseline_done(struct baseline *b)
{
	for (size_t i = 0; i < b->nfact; i++) {
		free(b->fact[i].name);
		free(b->fact[i].value);
	}
	for (size_t i = 0; i < b->n; i++) {
		free(b->row[i].id);
		free(b->row[i].layer);
	}
	free(b->fact);
	free(b->row);
	*b = (struct baseline){ 0 };
}

/* The member of that type; NULL with the reason in d. */
static const struct json *baseline_member(const struct baseline_reader *r, const struct json *object,
					  const char *key, enum json_type type)
{
	const struct json *v = json_get(object, key);

	if (v == NULL)
		json_fail(r->doc, object->at, r->d, "not a report: \"%s\" is missing", key);
	else if (v->type != type)
		json_fail(r->doc, v->at, r->d, "not a report: \"%s\" must be %s", key, json_type_name(type));
	else
		return v;
	return NULL;
}

static int baseline_unusable(const struct baseline_reader *r, const struct json *v, const char *why)
{
	json_fail(r->doc, v->at, r->d, "%s", why);
	diag_try(r->d, "a report that was accepted: --security-test --accept-baseline");
	return -EINVAL;
}

/* Both say it: where they differ, the report was edited, or is none of ours. */
static int baseline_read_verdict(const struct baseline_reader *r, const struct json *root)
{
	const struct json *verdict = baseline_member(r, root, "verdict", JSON_STRING), *code;

	if (verdict == NULL)
		return -EINVAL;
	if (streq(verdict->string, "fail"))
		return baseline_unusable(r, verdict, "the report of a run that did not pass");
	if (!streq(verdict->string, "pass"))
		return baseline_unusable(r, verdict, "the report of a run without a verdict");
	code = baseline_member(r, root, "exit", JSON_NUMBER);
	if (code == NULL)
		return -EINVAL;
	if (!code->is_integer || code->integer != 0)
		return baseline_unusable(r, code,
					 "it contradicts itself: the verdict is pass, the exit is not 0");
	return 0;
}

/* Schema, verdict and completeness: what makes it one to measure by. */
static int baseline_read_head(const struct baseline_reader *r, const struct json *root)
{
	const struct json *schema, *counts, *total, *probes, *only = json_get(root, "only");

	schema = baseline_member(r, root, "schema", JSON_NUMBER);
	if (schema == NULL)
		return -EINVAL;
	if (!schema->is_integer || schema->integer != REPORT_SCHEMA)
		return baseline_unusable(r, schema, "a report of another schema, so of another version");
	if (baseline_read_verdict(r, root) < 0)
		return -EINVAL;
	if (only != NULL && (only->type != JSON_ARRAY || only->n > 0))
		return baseline_unusable(r, only, "the report of a run of chosen probes (--only)");
	counts = baseline_member(r, root, "counts", JSON_OBJECT);
	total = counts != NULL ? baseline_member(r, counts, "probes", JSON_NUMBER) : NULL;
	probes = baseline_member(r, root, "probes", JSON_ARRAY);
	if (total == NULL || probes == NULL)
		return -EINVAL;
	if (probes->n == 0)
		return baseline_unusable(r, probes, "a report without probes");
	if (!total->is_integer || total->integer != (long long)probes->n)
		return baseline_unusable(r, total, "it counts other rows than it has: rows were removed");
	return 0;
}

static int baseline_read_fact(const struct baseline_reader *r, const struct json *v,
			      struct baseline_fact *ret)
{
	ret->name = xstrdup(v->key);
	if (v->type == JSON_STRING)
		ret->value = xstrdup(v->string);
	else if (v->type == JSON_NUMBER && v->is_integer)
		ret->value = xasprintf("%lld", v->integer);
	else if (v->type == JSON_TRUE || v->type == JSON_FALSE)
		ret->value = xstrdup(json_type_name(v->type));
	else if (v->type != JSON_NULL)
		return json_fail(r->doc, v->at, r->d, "not a report: a fact of the fingerprint");
	return 0;
}

static int baseline_read_facts(const struct baseline_reader *r, const struct json *root, struct baseline *ret)
{
	const struct json *print = baseline_member(r, root, "fingerprint", JSON_OBJECT);
	const struct json *tool = print != NULL ? baseline_member(r, print, "tool", JSON_STRING) : NULL;

	if (tool == NULL)
		return -EINVAL;
	if (!str_starts(tool->string, "claude-sandbox "))
		return baseline_unusable(r, tool, "the report of another tool");
	ret->fact = xcalloc(print->n, sizeof(*ret->fact));
	for (size_t i = 0; i < print->n; i++) {
		int x = baseline_read_fact(r, &print->item[i], &ret->fact[ret->nfact++]);

		if (x < 0)
			return x;
	}
	return 0;
}

/* The index of a word among names, or n. */
static unsigned baseline_word(const char *word, const char *(*name)(unsigned), unsigned n)
{
	unsigned i = 0;

	while (i < n && !streq(name(i), word))
		i++;
	return i;
}

static const char *baseline_arm(unsigned i)
{
	return report_arm_name((enum report_arm)i);
}

static const char *baseline_where(unsigned i)
{
	return report_where_name((enum report_where)i);
}

static const char *baseline_state(unsigned i)
{
	return report_state_name((enum report_state)i);
}

static bool baseline_is_id(const char *s)
{
	return *s != '\0' && strlen(s) < BASELINE_ID &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s);
}

/* The layer that the evidence told; a row need not have one. */
static int baseline_read_layer(const struct baseline_reader *r, const struct json *row,
			       struct baseline_row *ret)
{
	const struct json *layers = json_get(row, "layers");

	if (layers == NULL)
		return 0;
	if (layers->type != JSON_ARRAY || layers->n != 1 || layers->item[0].type != JSON_STRING ||
	    !baseline_is_id(layers->item[0].string))
		return json_fail(r->doc, layers->at, r->d, "not a report: \"layers\" must name one layer");
	ret->layer = xstrdup(layers->item[0].string);
	return 0;
}

static int baseline_read_row(const struct baseline_reader *r, const struct json *v, struct baseline_row *ret)
{
	const struct json *id, *arm, *where, *state;

	if (v->type != JSON_OBJECT)
		return json_fail(r->doc, v->at, r->d, "not a report: a row must be an object");
	id = baseline_member(r, v, "id", JSON_STRING);
	arm = id != NULL ? baseline_member(r, v, "arm", JSON_STRING) : NULL;
	where = arm != NULL ? baseline_member(r, v, "where", JSON_STRING) : NULL;
	state = where != NULL ? baseline_member(r, v, "state", JSON_STRING) : NULL;
	if (state == NULL)
		return -EINVAL;
	if (!baseline_is_id(id->string))
		return json_fail(r->doc, id->at, r->d, "not a report: this is no id");
	ret->arm = (enum report_arm)baseline_word(arm->string, baseline_arm, REPORT_ARMS);
	ret->where = (enum report_where)baseline_word(where->string, baseline_where, REPORT_WHERES);
	ret->state = (enum report_state)baseline_word(state->string, baseline_state, REPORT_STATES);
	if (ret->arm == REPORT_ARMS || ret->where == REPORT_WHERES || ret->state == REPORT_STATES)
		return json_fail(r->doc, v->at, r->d, "not a report: an unknown arm, box or state");
	if (baseline_read_layer(r, v, ret) < 0)
		return -EINVAL;
	ret->id = xstrdup(id->string);
	return 0;
}

static int baseline_compare_rows(const void *a, const void *b)
{
	const struct baseline_row *x = a, *y = b;

	return report_order(x->id, x->arm, x->where, y->id, y->arm, y->where);
}

static int baseline_read_rows(const struct baseline_reader *r, const struct json *probes,
			      struct baseline *ret)
{
	ret->row = xcalloc(probes->n, sizeof(*ret->row));
	for (size_t i = 0; i < probes->n; i++) {
		int x = baseline_read_row(r, &probes->item[i], &ret->row[ret->n]);

		if (x < 0)
			return x;
		ret->n++;
	}
	qsort(ret->row, ret->n, sizeof(*ret->row), baseline_compare_rows);
	for (size_t i = 1; i < ret->n; i++) {
		if (baseline_compare_rows(&ret->row[i - 1], &ret->row[i]) == 0)
			return json_fail(r->doc, probes->at, r->d, "a row is there twice: %s",
					 ret->row[i].id);
	}
	return 0;
}

static bool baseline_passes(enum report_state s)
{
	return s == REPORT_PASS || s == REPORT_NOW_PASSING;
}

/* Measured by rows that are all skipped, any run is as good. */
static bool baseline_shows(const struct baseline *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->row[i].arm == REPORT_BOXED && baseline_passes(b->row[i].state))
			return true;
	return false;
}

int baseline_parse(const char *name, const char *text, size_t len, struct baseline *ret, struct diag *d)
{
	struct json_doc doc;
	struct baseline_reader reader = { .doc = &doc, .d = d };
	int r = json_parse(name, text, len, JSON_LARGE, &doc, d);

	*ret = (struct baseline){ 0 };
	if (r == 0 && doc.root.type != JSON_OBJECT)
		r = json_fail(&doc, doc.root.at, d, "not a report: it must be an object");
	if (r == 0)
		r = baseline_read_head(&reader, &doc.root);
	if (r == 0)
		r = baseline_read_facts(&reader, &doc.root, ret);
	if (r == 0)
		r = baseline_read_rows(&reader, json_get(&doc.root, "probes"), ret);
	if (r == 0 && !baseline_shows(ret))
		r = baseline_unusable(&reader, json_get(&doc.root, "probes"),
				      "a report in which nothing passed");
	json_done(&doc);
	return r;
}

int baseline_is_report(const char *name, const char *text, size_t len, struct diag *d)
{
	struct json_doc doc;
	struct baseline_reader reader = { .doc = &doc, .d = d };
	const struct json *print, *tool = NULL;
	int r = json_parse(name, text, len, JSON_LARGE, &doc, d);

	if (r == 0 && doc.root.type != JSON_OBJECT)
		r = json_fail(&doc, doc.root.at, d, "not a report: it must be an object");
	if (r == 0) {
		print = baseline_member(&reader, &doc.root, "fingerprint", JSON_OBJECT);
		tool = print != NULL ? baseline_member(&reader, print, "tool", JSON_STRING) : NULL;
		r = tool == NULL ? -EINVAL : 0;
	}
	if (r == 0 && !str_starts(tool->string, "claude-sandbox "))
		r = json_fail(&doc, tool->at, d, "the report of another tool");
	json_done(&doc);
	return r;
}

/* --- comparing */

/* Every row has a layer less then, or one that refuses less. What is no number tells nothing. */
static bool baseline_delta_worse(const char *name, const char *before, const char *after)
{
	return streq(name, "landlock_abi") && before != NULL &&
	       (after != NULL ? atoi(after) : 0) < atoi(before);
}

static void baseline_delta(struct report_baseline *ret, const char *name, const char *before,
			   const char *after)
{
	if (before == NULL ? after == NULL : after != NULL && streq(before, after))
		return;
	ret->environment = xrealloc_array(ret->environment, ret->nenvironment + 1, sizeof(*ret->environment));
	ret->environment[ret->nenvironment++] =
	    (struct report_delta){ xstrdup(name), before != NULL ? xstrdup(before) : NULL,
				   after != NULL ? xstrdup(after) : NULL,
				   baseline_delta_worse(name, before, after) };
}

static void baseline_compare_facts(const struct baseline *b, const struct report *r,
				   struct report_baseline *ret)
{
	for (size_t i = 0; i < r->nfingerprint; i++) {
		const char *before = NULL;

		for (size_t k = 0; k < b->nfact; k++)
			if (streq(b->fact[k].name, r->fingerprint[i].name))
				before = b->fact[k].value;
		baseline_delta(ret, r->fingerprint[i].name, before, r->fingerprint[i].value);
	}
	for (size_t k = 0; k < b->nfact; k++) {
		bool there = false;

		for (size_t i = 0; i < r->nfingerprint; i++)
			there = there || streq(b->fact[k].name, r->fingerprint[i].name);
		if (!there)
			baseline_delta(ret, b->fact[k].name, b->fact[k].value, NULL);
	}
}

static void baseline_change(struct report_baseline *ret, enum report_change_kind kind,
			    const struct baseline_row *row, enum report_state before, enum report_state after)
{
	ret->change = xrealloc_array(ret->change, ret->nchange + 1, sizeof(*ret->change));
	ret->change[ret->nchange++] = (struct report_change){
		kind, xstrdup(row->id), row->arm, row->where, before, after, NULL, NULL,
	};
}

/* It still passes, but what refused it refuses it no longer. */
static void baseline_compare_layer(const struct baseline_row *row, const struct report_probe *now,
				   struct report_baseline *ret)
{
	struct report_change *c;

	if (row->layer == NULL || (now->layer != NULL && streq(row->layer, now->layer)))
		return;
	baseline_change(ret, REPORT_REGRESSED, row, row->state, now->state);
	c = &ret->change[ret->nchange - 1];
	c->layer_before = xstrdup(row->layer);
	c->layer_after = now->layer != NULL ? xstrdup(now->layer) : NULL;
}

/*
 * Any change counts that does not end in a pass: a finding that became an error is no progress. Only a waiver
 * that was added changes nothing.
 */
static void baseline_compare_row(const struct baseline_row *row, const struct report_probe *probe,
				 struct report_baseline *ret)
{
	enum report_state was = row->state, now = probe->state;

	if (baseline_passes(was) && baseline_passes(now)) {
		baseline_compare_layer(row, probe, ret);
		return;
	}
	if (was == now || (was == REPORT_FAIL && now == REPORT_WAIVED))
		return;
	baseline_change(ret,
			baseline_passes(now) ? REPORT_FIXED
			: now == REPORT_SKIP ? REPORT_NEWLY_SKIPPED
					     : REPORT_REGRESSED,
			row, was, now);
}

/* Whether the run was to include that probe. */
static bool baseline_is_asked(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->only.n; i++)
		if (fnmatch(r->only.v[i], id, 0) == 0)
			return true;
	return r->only.n == 0;
}

static int baseline_compare_changes(const void *a, const void *b)
{
	const struct report_change *x = a, *y = b;
	int c = x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : strcmp(x->id, y->id);

	if (c != 0)
		return c;
	if (x->arm != y->arm)
		return x->arm < y->arm ? -1 : 1;
	return x->where < y->where ? -1 : x->where > y->where;
}

/* Both are in the same order. */
static void baseline_merge(const struct baseline *b, const struct report *r, struct report_baseline *ret)
{
	size_t i = 0, k = 0;

	while (i < b->n || k < r->n) {
		const struct report_probe *p = k < r->n ? &r->probe[k] : NULL;
		struct baseline_row now = { 0 };
		int c = -1;

		if (p != NULL) {
			now = (struct baseline_row){ .arm = p->arm, .where = p->where };
			now.id = xstrdup(p->id);
			c = i < b->n ? baseline_compare_rows(&b->row[i], &now) : 1;
		}
		if (c == 0)
			baseline_compare_row(&b->row[i], p, ret);
		else if (c > 0)
			baseline_change(ret, REPORT_NEW, &now, REPORT_STATES, p->state);
		else if (baseline_is_asked(r, b->row[i].id))
			baseline_change(ret, REPORT_VANISHED, &b->row[i], b->row[i].state, REPORT_STATES);
		i += c <= 0;
		k += c >= 0;
		free(now.id);
	}
}

/* "2 rows regressed (a, b)" */
static void baseline_count(const struct report_baseline *b, enum report_change_kind kind, const char *words,
			   struct strv *ret)
{
	AUTO_FREE char *ids = NULL;
	size_t n = report_changed(b, kind), named = 0;
	const char *last = "";

	for (size_t i = 0; i < b->nchange; i++) {
		char *more;

		if (b->change[i].kind != kind || streq(b->change[i].id, last))
			continue;
		last = b->change[i].id;
		if (++named > 4)
			continue;
		more = xasprintf("%s%s%s", ids != NULL ? ids : "", ids != NULL ? ", " : "",
				 named == 4 ? "..." : last);
		free(ids);
		ids = more;
	}
	if (n > 0)
		strv_addf(ret, "%zu %s %s (%s)", n, n == 1 ? "row" : "rows", words, ids);
}

/* A probe that is gone finds nothing any more, and nobody would notice. */
static void baseline_refuse_vanished(struct report_baseline *ret)
{
	AUTO_STRV struct strv words = { 0 };

	baseline_count(ret, REPORT_VANISHED, "of the baseline missing in this run", &words);
	if (words.n > 0 && ret->refused == NULL)
		ret->refused = xasprintf("%s: a probe that is gone shows nothing", words.v[0]);
}

void baseline_compare(const struct baseline *b, const struct report *r, struct report_baseline *ret)
{
	baseline_compare_facts(b, r, ret);
	baseline_merge(b, r, ret);
	if (ret->nchange > 0)
		qsort(ret->change, ret->nchange, sizeof(*ret->change), baseline_compare_changes);
	baseline_refuse_vanished(ret);
}

/* --- words */

char *baseline_worse(const struct report_baseline *b)
{
	AUTO_STRV struct strv parts = { 0 };
	char *text = NULL;

	if (b->refused != NULL)
		strv_addf(&parts, "refused: %s", b->refused);
	for (size_t i = 0; i < b->nenvironment; i++)
		if (b->environment[i].worse)
			strv_addf(&parts, "%s went down from %s to %s", b->environment[i].name,
				  b->environment[i].before,
				  b->environment[i].after != NULL ? b->environment[i].after : "unknown");
	baseline_count(b, REPORT_REGRESSED, "regressed", &parts);
	baseline_count(b, REPORT_NEWLY_SKIPPED, "newly skipped", &parts);
	for (size_t i = 0; i < parts.n; i++) {
		char *more = xasprintf("%s%s", text != NULL ? text : "baseline: ", parts.v[i]);

		free(text);
		text = i + 1 < parts.n ? xasprintf("%s, ", more) : xstrdup(more);
		free(more);
	}
	return text;
}

/* Digests are told apart by their beginning. */
static int baseline_shown(const char *name, const char *value)
{
	size_t n = strlen(name), digest = strlen("_sha256");

	return n > digest && streq(name + n - digest, "_sha256") ? 12 : (int)strlen(value);
}

/* What a digest is of, in words; static. */
static const char *baseline_digest_words(const char *name)
{
	static const struct {
		const char *name, *words;
	} rows[] = {
		{ "project_sha256", ": the baseline is of another project" },
		{ "config_sha256", ": with other settings, or another config file" },
		{ "plan_sha256",
		  ": another plan, so other settings, another project or home, or the host has "
		  "other files to show or hide" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (streq(rows[i].name, name))
			return rows[i].words;
	return "";
}

static void baseline_environment_lines(const struct report_baseline *b, struct strv *ret)
{
	for (size_t i = 0; i < b->nenvironment; i++) {
		const struct report_delta *e = &b->environment[i];
		const char *before = e->before != NULL ? e->before : "unknown";
		const char *after = e->after != NULL ? e->after : "unknown";

		strv_addf(ret, "environment: %s %.*s → %.*s%s", e->name, baseline_shown(e->name, before),
			  before, baseline_shown(e->name, after), after,
			  e->worse ? ": every row has less of that layer" : baseline_digest_words(e->name));
	}
}

static const char *baseline_state_word(enum report_state s)
{
	return s == REPORT_STATES ? "not there" : report_state_name(s);
}

static void baseline_change_line(const struct report_change *c, struct strv *ret)
{
	AUTO_FREE char *lost = NULL;

	if (c->layer_before != NULL)
		lost = xasprintf(", and no longer refused by %s: %s%s", c->layer_before,
				 c->layer_after != NULL ? "now by " : "the evidence names no layer",
				 c->layer_after != NULL ? c->layer_after : "");
	strv_addf(ret, "%s: %s (%s, %s): %s → %s%s",
		  c->kind == REPORT_NEWLY_SKIPPED ? "newly skipped" : report_change_name(c->kind), c->id,
		  report_arm_name(c->arm), report_where_name(c->where), baseline_state_word(c->before),
		  baseline_state_word(c->after), lost != NULL ? lost : "");
}

void baseline_lines(const struct report_baseline *b, size_t max, struct strv *ret)
{
	size_t before = ret->n;

	if (!b->asked)
		return;
	if (b->refused != NULL)
		strv_addf(ret, "refused: %s", b->refused);
	baseline_environment_lines(b, ret);
	for (enum report_change_kind k = 0; k < REPORT_CHANGE_KINDS; k++) {
		size_t shown = 0, all = report_changed(b, k);

		for (size_t i = 0; i < b->nchange && shown < max; i++) {
			const struct report_change *c = &b->change[i];

			if (c->kind != k)
				continue;
			shown++;
			baseline_change_line(c, ret);
		}
		if (shown < all)
			strv_addf(ret, "%s: and %zu more rows",
				  k == REPORT_NEWLY_SKIPPED ? "newly skipped" : report_change_name(k),
				  all - shown);
	}
	if (ret->n == before)
		strv_add(ret, "nothing changed");
}
