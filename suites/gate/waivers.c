/* SPDX-License-Identifier: MIT */
#include "gate/waivers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "json.h"
#include "mem.h"
#include "opt.h"
#include "util.h"

/* --- days */

static bool waivers_is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int waivers_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && waivers_is_leap(year));
}

/* `n` digits, or -1. */
static int waivers_digits(const char *text, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		v = 10 * v + (text[i] - '0');
	}
	return v;
}

int waivers_day(const char *text, long *ret)
{
	int year, month, day;
	long days = 10957; /* of 2000-01-01 */

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return -EINVAL;
	year = waivers_digits(text, 4);
	month = waivers_digits(text + 5, 2);
	day = waivers_digits(text + 8, 2);
	if (year < 2000 || month < 1 || month > 12 || day < 1 || day > waivers_month(year, month))
		return -EINVAL;
	for (int y = 2000; y < year; y++)
		days += waivers_is_leap(y) ? 366 : 365;
	for (int m = 1; m < month; m++)
		days += waivers_month(year, m);
	*ret = days + day - 1;
	return 0;
}

/* --- the file */

struct waivers_reader {
	const struct json_doc *doc;
	const struct manifest *manifest;
	long today;
	struct report *report;
	struct diag *d;
};

enum waivers_key { WAIVERS_ID, WAIVERS_WHERE, WAIVERS_REASON, WAIVERS_OWNER, WAIVERS_EXPIRES, WAIVERS_KEYS };

static const char *const waivers_keys[WAIVERS_KEYS] = { "id", "where", "reason", "owner", "expires" };

static int waivers_unknown_id(const struct waivers_reader *r, const struct json *v)
{
	const struct manifest *m = r->manifest;
	const char **names = xcalloc(m->n + 1, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < m->n; i++)
		names[i] = m->row[i].id;
	near = opt_nearest(v->string, names, m->n);
	free(names);
	json_fail(r->doc, v->at, r->d, "no probe is called \"%.60s\"", v->string);
	if (near != NULL)
		diag_try(r->d, "%s", near);
	else
		diag_try(r->d, "claude-sandbox --list-probes; a waiver names one probe, not a pattern");
	return -EINVAL;
}

static int waivers_read_id(const struct waivers_reader *r, const struct json *v, struct report_waiver *w)
{
	const struct manifest_row *row = manifest_find(r->manifest, v->string);

	if (row == NULL)
		return waivers_unknown_id(r, v);
	if (manifest_is_function(row))
		return json_fail(r->doc, v->at, r->d,
				 "\"%s\" shows that the sandbox works at all: it can't be waived", row->id);
	w->id = xstrdup(v->string);
	return 0;
}

static int waivers_read_where(const struct waivers_reader *r, const struct json *v, struct report_waiver *w)
{
	w->everywhere = false;
	for (enum report_where where = 0; where < REPORT_WHERES; where++) {
		w->where = where;
		if (streq(v->string, report_where_name(where)))
			return 0;
	}
	json_fail(r->doc, v->at, r->d, "no box is called \"%.60s\"", v->string);
	diag_try(r->d, "scratch or yours; without it: both");
	return -EINVAL;
}

/* Words that somebody will read: not empty, not only blanks. */
static int waivers_read_words(const struct waivers_reader *r, const struct json *v, char **ret)
{
	if (v->string[strspn(v->string, " \t\r\n")] == '\0')
		return json_fail(r->doc, v->at, r->d, "the %s is empty", v->key);
	*ret = xstrdup(v->string);
	return 0;
}

static int waivers_read_expires(const struct waivers_reader *r, const struct json *v, struct report_waiver *w)
{
	long day;

	if (waivers_day(v->string, &day) < 0) {
		json_fail(r->doc, v->at, r->d, "\"%.40s\" is no day of the calendar", v->string);
		diag_try(r->d, "YYYY-MM-DD, the last day on which the waiver holds");
		return -EINVAL;
	}
	memcpy(w->expires, v->string, 11);
	w->days = (int)(day - r->today);
	w->state = w->days < 0 ? REPORT_WAIVER_EXPIRED : REPORT_WAIVER_UNUSED;
	return 0;
}

static int waivers_read_member(const struct waivers_reader *r, const struct json *v, struct report_waiver *w)
{
	enum waivers_key key = 0;

	while (key < WAIVERS_KEYS && !streq(waivers_keys[key], v->key))
		key++;
	if (key == WAIVERS_KEYS) {
		const char *near = opt_nearest(v->key, waivers_keys, WAIVERS_KEYS);

		json_fail(r->doc, v->key_at, r->d, "unknown key \"%.60s\"", v->key);
		diag_try(r->d, "%s", near != NULL ? near : "one of id, where, reason, owner, expires");
		return -EINVAL;
	}
	if (v->type != JSON_STRING)
		return json_fail(r->doc, v->at, r->d, "%s must be a string, not %s", v->key,
				 json_type_name(v->type));
	switch (key) {
	case WAIVERS_ID:
		return waivers_read_id(r, v, w);
	case WAIVERS_WHERE:
		return waivers_read_where(r, v, w);
	case WAIVERS_REASON:
		return waivers_read_words(r, v, &w->reason);
	case WAIVERS_OWNER:
		return waivers_read_words(r, v, &w->owner);
	case WAIVERS_EXPIRES:
		return waivers_read_expires(r, v, w);
	case WAIVERS_KEYS:
		break;
	}
	return -EINVAL;
}

/* Every key but `where`; a row that never runs in your own box can't be waived there; no row is covered twice. */
static int waivers_check(const struct waivers_reader *r, const struct json *v, const struct report_waiver *w)
{
	for (enum waivers_key key = 0; key < WAIVERS_KEYS; key++) {
		if (key != WAIVERS_WHERE && json_get(v, waivers_keys[key]) == NULL)
			return json_fail(r->doc, v->at, r->d, "the waiver has no \"%s\"", waivers_keys[key]);
	}
	if (!w->everywhere && w->where == REPORT_YOURS &&
	    manifest_find(r->manifest, w->id)->where != MANIFEST_HARMLESS)
		return json_fail(r->doc, json_get(v, "where")->at, r->d,
				 "\"%s\" runs in the scratch box only", w->id);
	for (size_t i = 0; i < r->report->nwaiver; i++) {
		const struct report_waiver *o = &r->report->waiver[i];

		if (streq(o->id, w->id) && (o->everywhere || w->everywhere || o->where == w->where))
			return json_fail(r->doc, v->at, r->d, "\"%s\" is waived already (%s)", w->id,
					 o->origin);
	}
	return 0;
}

static void waivers_done_one(struct report_waiver *w)
{
	free(w->id);
	free(w->reason);
	free(w->owner);
	free(w->origin);
}

static int waivers_read_one(const struct waivers_reader *r, const struct json *v)
{
	struct report *report = r->report;
	struct report_waiver w = { .everywhere = true };
	int x = 0;

	if (v->type != JSON_OBJECT)
		return json_fail(r->doc, v->at, r->d, "a waiver must be an object, not %s",
				 json_type_name(v->type));
	for (size_t i = 0; i < v->n && x == 0; i++)
		x = waivers_read_member(r, &v->item[i], &w);
	if (x == 0)
		x = waivers_check(r, v, &w);
	if (x < 0) {
		waivers_done_one(&w);
		return x;
	}
	w.origin = xasprintf("%s:%zu", r->doc->name, json_line(r->doc, v->at));
	report->waiver = xrealloc_array(report->waiver, report->nwaiver + 1, sizeof(*report->waiver));
	report->waiver[report->nwaiver++] = w;
	return 0;
}

int waivers_parse(const char *name, const char *text, size_t len, const struct manifest *m, long today,
		  struct report *r, struct diag *d)
{
	struct json_doc doc;
	struct waivers_reader reader = { &doc, m, today, r, d };
	int x = json_parse(name, text, len, JSON_COMMENTS, &doc, d);

	char *empty = x < 0 ? strstr(d->msg, "smallest file is {}") : NULL;

	/* Here it is a list. */
	if (empty != NULL)
		memcpy(strstr(empty, "{}"), "[]", 2);
	if (x == 0 && doc.root.type != JSON_ARRAY)
		x = json_fail(&doc, doc.root.at, d, "waivers must be an array, not %s",
			      json_type_name(doc.root.type));
	if (x == 0 && doc.root.n > WAIVERS_MAX)
		x = json_fail(&doc, doc.root.item[WAIVERS_MAX].at, d, "more than %d waivers", WAIVERS_MAX);
	for (size_t i = 0; x == 0 && i < doc.root.n; i++)
		x = waivers_read_one(&reader, &doc.root.item[i]);
	json_done(&doc);
	return x;
}

/* --- what they do */

static bool waivers_covers(const struct report_waiver *w, const struct report_probe *p)
{
	return p->arm == REPORT_BOXED && streq(p->id, w->id) && (w->everywhere || p->where == w->where);
}

/* Puts words before the reason of a row. */
static void waivers_say(struct report_probe *p, char *words)
{
	if (p->reason != NULL) {
		char *both = xasprintf("%s; %s", words, p->reason);

		free(words);
		words = both;
	}
	free(p->reason);
	p->reason = words;
}

static char *waivers_since(const struct report_waiver *w)
{
	return xasprintf("expired %d %s ago, owner %s", -w->days, w->days == -1 ? "day" : "days", w->owner);
}

void waivers_expire(struct report *r)
{
	size_t more = 0, named = 0;

	for (size_t i = 0; i < r->nwaiver; i++) {
		const struct report_waiver *w = &r->waiver[i];
		AUTO_FREE char *since = w->state == REPORT_WAIVER_EXPIRED ? waivers_since(w) : NULL;

		if (since == NULL)
			continue;
		if (named++ < WAIVERS_NAMED)
			gate_add(r, REPORT_PROBLEM_MEMORY, REPORT_VERDICT_FAIL,
				 xasprintf("the waiver of %s %s (%s)", w->id, since, w->origin));
		else
			more++;
	}
	if (more > 0)
		gate_add(r, REPORT_PROBLEM_MEMORY, REPORT_VERDICT_FAIL,
			 xasprintf("%zu more expired %s, ...", more, more == 1 ? "waiver" : "waivers"));
}

static void waivers_apply_row(const struct report_waiver *w, struct report_probe *p)
{
	if (p->state == REPORT_FAIL && w->state == REPORT_WAIVER_EXPIRED) {
		AUTO_FREE char *since = waivers_since(w);

		waivers_say(p, xasprintf("its waiver %s", since));
	} else if (p->state == REPORT_FAIL) {
		p->state = REPORT_WAIVED;
		waivers_say(p, xasprintf("waived until %s, owner %s: %s", w->expires, w->owner, w->reason));
	} else if (p->state == REPORT_PASS && w->state == REPORT_WAIVER_NOW_PASSING) {
		p->state = REPORT_NOW_PASSING;
		waivers_say(p, xasprintf("its waiver can be removed (%s, owner %s)", w->origin, w->owner));
	}
}

void waivers_apply(struct report *r)
{
	for (size_t i = 0; i < r->nwaiver; i++) {
		struct report_waiver *w = &r->waiver[i];
		size_t fails = 0, passes = 0, others = 0;

		for (size_t k = 0; k < r->n; k++) {
			const struct report_probe *p = &r->probe[k];

			if (!waivers_covers(w, p))
				continue;
			fails += p->state == REPORT_FAIL;
			passes += p->state == REPORT_PASS;
			others +=
			    p->state != REPORT_FAIL && p->state != REPORT_PASS && p->state != REPORT_SKIP;
		}
		/* Only where nothing is left of what it was for: a box that showed nothing may still need it. */
		if (w->state != REPORT_WAIVER_EXPIRED)
			w->state = fails > 0		       ? REPORT_WAIVER_USED
				   : passes > 0 && others == 0 ? REPORT_WAIVER_NOW_PASSING
							       : REPORT_WAIVER_UNUSED;
		for (size_t k = 0; k < r->n; k++)
			if (waivers_covers(w, &r->probe[k]))
				waivers_apply_row(w, &r->probe[k]);
	}
}
