/* SPDX-License-Identifier: MIT */
/* The texts of a report, all at once: without names, without secrets. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

struct texts_visit {
	void (*fn)(char **text, void *arg);
	void *arg;
	bool all; /* also what only words of a known list stand in */
};

static void texts_one(const struct texts_visit *v, char **text)
{
	if (*text != NULL)
		v->fn(text, v->arg);
}

static void texts_list(const struct texts_visit *v, struct strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		texts_one(v, &list->v[i]);
}

static void texts_probe(const struct texts_visit *v, struct report_probe *p)
{
	texts_one(v, &p->reason);
	if (v->all) {
		texts_one(v, &p->expected);
		texts_one(v, &p->err);
	}
	texts_one(v, &p->step);
	texts_one(v, &p->detail);
}

static void texts_mutant(const struct texts_visit *v, struct report_mutant *m)
{
	texts_one(v, &m->verify);
	texts_one(v, &m->proof);
	texts_one(v, &m->reason);
}

static void texts_waiver(const struct texts_visit *v, struct report_waiver *w)
{
	if (v->all)
		texts_one(v, &w->id);
	texts_one(v, &w->reason);
	texts_one(v, &w->owner);
	texts_one(v, &w->origin);
}

static void texts_baseline(const struct texts_visit *v, struct report_baseline *b)
{
	texts_one(v, &b->file);
	texts_one(v, &b->refused);
	for (size_t i = 0; i < b->nenvironment; i++) {
		texts_one(v, &b->environment[i].before);
		texts_one(v, &b->environment[i].after);
	}
	for (size_t i = 0; v->all && i < b->nchange; i++) {
		texts_one(v, &b->change[i].layer_before);
		texts_one(v, &b->change[i].layer_after);
	}
}

static void texts_each(struct report *r, const struct texts_visit *visit)
{
	struct texts_visit v = *visit;

	texts_one(&v, &r->cause);
	if (v.all)
		texts_one(&v, &r->fail_on);
	for (size_t i = 0; i < REPORT_PROBLEMS; i++)
		texts_one(&v, &r->problem[i]);
	for (size_t i = 0; i < r->nfingerprint; i++)
		if (v.all || !r->fingerprint[i].number)
			texts_one(&v, &r->fingerprint[i].value);
	for (size_t i = 0; i < r->n; i++)
		texts_probe(&v, &r->probe[i]);
	for (size_t i = 0; i < r->nmutant; i++)
		texts_mutant(&v, &r->mutant[i]);
	for (size_t i = 0; i < r->nlayer; i++)
		texts_one(&v, &r->layer[i].reason);
	for (size_t i = 0; i < r->nwaiver; i++)
		texts_waiver(&v, &r->waiver[i]);
	texts_baseline(&v, &r->baseline);
	if (v.all)
		texts_list(&v, &r->only);
	texts_list(&v, &r->open);
	texts_list(&v, &r->notes);
}

void report_each_text(struct report *r, void (*fn)(char **text, void *arg), void *arg)
{
	texts_each(r, &(struct texts_visit){ fn, arg, true });
}

/* --- names */

static void texts_redact(char **text, void *arg)
{
	char *clean = redact_text(arg, *text);

	free(*text);
	*text = clean;
}

/* What stands in every report, whatever the machine: a host may be called "kernel" or "box". */
static void texts_vocabulary(struct report *r)
{
	static const char *const own[] = {
		"boxed open arm your own box checks in the launch proof control did not run in time",
		"probe probes required row rows show nothing mutants were not killed denied allowed by",
#define LEFT(threat, probe, words) words " " probe,
#include "report/open.def"
#undef LEFT
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		redact_vocabulary(&r->names, own[i]);
	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		redact_vocabulary(&r->names, p->id);
		redact_vocabulary(&r->names, p->title);
		redact_vocabulary(&r->names, p->remedy);
		redact_vocabulary(&r->names, p->see);
	}
	for (size_t i = 0; i < r->nmutant; i++)
		redact_vocabulary(&r->names, r->mutant[i].why);
}

/* Who knows the usual paths finds the one of a digest by trying. */
static void texts_forget_project(struct report *r)
{
	for (size_t i = 0; i < r->nfingerprint; i++)
		if (streq(r->fingerprint[i].name, "project_sha256")) {
			free(r->fingerprint[i].value);
			r->fingerprint[i].value = NULL;
		}
	for (size_t i = 0; i < r->baseline.nenvironment; i++) {
		struct report_delta *e = &r->baseline.environment[i];

		if (!streq(e->name, "project_sha256"))
			continue;
		free(e->before);
		free(e->after);
		e->before = e->after = NULL;
	}
}

void report_redact(struct report *r)
{
	texts_forget_project(r);
	texts_vocabulary(r);
	report_each_text(r, texts_redact, &r->names);
	for (size_t i = 0; i < r->nwaiver; i++) {
		free(r->waiver[i].owner);
		r->waiver[i].owner = xstrdup("<owner>");
	}
}

/* --- secrets */

static void texts_hide(char **text, void *arg)
{
	const char *secret = arg;
	size_t n = strlen(secret);

	for (char *p = *text; (p = strstr(p, secret)) != NULL; p += n)
		memset(p, '*', n);
}

void report_hide(struct report *r, const char *secret)
{
	char *copy = xstrdup(secret);

	if (copy[0] != '\0')
		texts_each(r, &(struct texts_visit){ texts_hide, copy, false });
	free(copy);
}
