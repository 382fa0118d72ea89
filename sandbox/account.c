/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jsonout.h"
#include "log.h"
#include "mem.h"

static const char *const names[ACCOUNT_KINDS] = {
#define KIND(id, name, words) [ACCOUNT_##id] = (name),
#include "data/account.def"
#undef KIND
};

static char *text_of(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static char *text_of(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		mem_oom();
	return s;
}

static void fact_done(struct account_fact *f)
{
	mem_free_ptr(&f->subject);
	mem_free_ptr(&f->text);
	mem_free_ptr(&f->advice);
}

static struct account_fact *place_for(struct account *a, enum account_kind kind,
				      enum account_severity severity)
{
	size_t max = severity == ACCOUNT_DETAIL ? ACCOUNT_DETAILS : ACCOUNT_FACTS;

	if (a->kept[kind][severity] >= max) {
		a->lost[kind][severity]++;
		fact_done(&a->spare);
		return &a->spare;
	}
	if (a->n == a->cap) {
		a->cap = a->cap > 0 ? 2 * a->cap : 16;
		a->fact = xrealloc_array(a->fact, a->cap, sizeof(*a->fact));
	}
	a->kept[kind][severity]++;
	return &a->fact[a->n++];
}

/* Takes the text. */
static struct account_fact *add(struct account *a, enum account_kind kind, enum account_severity severity,
				const char *subject, char *text)
{
	struct account_fact *f = place_for(a, kind, severity);

	*f = (struct account_fact){ .kind = kind,
				    .severity = severity,
				    .subject = subject != NULL ? xstrdup(subject) : NULL,
				    .text = text };
	return f;
}

struct account_fact *account_add(struct account *a, enum account_kind kind, enum account_severity severity,
				 const char *subject, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = text_of(fmt, ap);
	va_end(ap);
	return add(a, kind, severity, subject, text);
}

void account_try(struct account_fact *f, const char *fmt, ...)
{
	va_list ap;

	mem_free_ptr(&f->advice);
	va_start(ap, fmt);
	f->advice = text_of(fmt, ap);
	va_end(ap);
}

static bool is_told(enum account_severity severity)
{
	switch (severity) {
	case ACCOUNT_SECURITY:
		return true;
	case ACCOUNT_NOTE:
		return log_get() >= LOG_NORMAL;
	case ACCOUNT_SUMMARY:
		return log_get() == LOG_VERBOSE || (isatty(2) && log_get() >= LOG_NORMAL);
	case ACCOUNT_DETAIL:
		return log_get() == LOG_VERBOSE;
	case ACCOUNT_SEVERITIES:
		break;
	}
	return true;
}

/* With how many more there are of the like. is_told() has decided: not by the severity of the line a second time. */
static void print(const struct account_fact *f, size_t more)
{
	AUTO_FREE char *rest =
	    more > 0 ? xasprintf("; and %zu more of this kind (-v names them)", more) : NULL;
	AUTO_FREE char *text =
	    log_get() == LOG_VERBOSE ? xstrdup(f->text) : log_shortened(f->text, ACCOUNT_LINE_MAX);

	log_security("%s%s%s%s", text, rest != NULL ? rest : "", f->advice != NULL ? "; try: " : "",
		     f->advice != NULL ? f->advice : "");
}

void account_tell(struct account *a, enum account_kind kind, enum account_severity severity,
		  const char *subject, const char *fmt, ...)
{
	struct account_fact *f;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = text_of(fmt, ap);
	va_end(ap);
	f = add(a, kind, severity, subject, text);
	if (is_told(severity))
		print(f, 0);
	f->said = true;
}

/* What was not kept is a fact, too. */
static void add_lost(struct account *a)
{
	for (size_t i = 0; i < (size_t)ACCOUNT_KINDS * ACCOUNT_SEVERITIES; i++) {
		enum account_kind kind = (enum account_kind)(i / ACCOUNT_SEVERITIES);
		enum account_severity severity = (enum account_severity)(i % ACCOUNT_SEVERITIES);
		size_t lost = a->lost[kind][severity];

		if (lost == 0)
			continue;
		a->lost[kind][severity] = 0;
		a->kept[kind][severity]--;
		account_add(a, kind, severity, NULL, "and %zu more of the kind \"%s\", which were not kept",
			    lost, names[kind])
		    ->others = lost - 1;
	}
}

/* What matters most comes first; the order in which they came decides the rest. */
static int by_weight(const void *pa, const void *pb)
{
	const struct account_fact *const *a = pa, *const *b = pb;

	if ((*a)->severity != (*b)->severity)
		return (*a)->severity > (*b)->severity ? -1 : 1;
	if ((*a)->kind != (*b)->kind)
		return (*a)->kind < (*b)->kind ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* Facts of one kind and severity: [first, first + n) of the list, of which `lines` are printed. */
struct group {
	size_t first, n, lines;
};

static size_t make_groups(struct account_fact *const *list, size_t n, struct group *ret)
{
	size_t groups = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == 0 || list[i]->kind != list[i - 1]->kind ||
		    list[i]->severity != list[i - 1]->severity)
			ret[groups++] = (struct group){ .first = i };
		ret[groups - 1].n++;
	}
	return groups;
}

/* A line for each group before any has two: who runs inside can make many facts of a kind, to hide another one. */
static void share_lines(struct group *g, size_t groups)
{
	size_t left = groups > ACCOUNT_LINES ? ACCOUNT_LINES - 1 : ACCOUNT_LINES;
	bool any = true;

	while (left > 0 && any) {
		any = false;
		for (size_t i = 0; i < groups && left > 0; i++)
			if (g[i].lines < g[i].n) {
				g[i].lines++;
				left--;
				any = true;
			}
	}
}

static size_t things(struct account_fact *const *list, size_t n)
{
	size_t sum = n;

	for (size_t i = 0; i < n; i++)
		sum += list[i]->others;
	return sum;
}

static void print_bounded(struct account_fact *const *list, size_t n)
{
	struct group g[ACCOUNT_SEVERITIES * ACCOUNT_KINDS];
	size_t groups = make_groups(list, n, g), hidden = 0;

	share_lines(g, groups);
	for (size_t i = 0; i < groups; i++) {
		struct account_fact *const *of = list + g[i].first;
		size_t rest = things(of + g[i].lines, g[i].n - g[i].lines);

		for (size_t k = 0; k < g[i].lines; k++)
			print(of[k], k + 1 == g[i].lines ? rest : 0);
		hidden += g[i].lines == 0 ? rest : 0;
	}
	if (hidden > 0)
		log_security("and %zu more of other kinds (-v names them)", hidden);
}

void account_say(struct account *a)
{
	AUTO_FREE struct account_fact **list = NULL;
	size_t n = 0;

	add_lost(a);
	if (a->n == 0)
		return;
	list = xcalloc(a->n, sizeof(struct account_fact *));
	for (size_t i = 0; i < a->n; i++) {
		if (!a->fact[i].said && is_told(a->fact[i].severity))
			list[n++] = &a->fact[i];
		a->fact[i].said = true;
	}
	qsort(list, n, sizeof(*list), by_weight);
	if (n > ACCOUNT_LINES && log_get() != LOG_VERBOSE)
		print_bounded(list, n);
	else
		for (size_t i = 0; i < n; i++)
			print(list[i], 0);
}

void account_json(const struct account *a, size_t max, FILE *f)
{
	static const char *const severities[] = { [ACCOUNT_DETAIL] = "detail",
						  [ACCOUNT_SUMMARY] = "summary",
						  [ACCOUNT_NOTE] = "note",
						  [ACCOUNT_SECURITY] = "security" };
	AUTO_FREE const struct account_fact **list = xcalloc(a->n + 1, sizeof(struct account_fact *));

	for (size_t i = 0; i < a->n; i++)
		list[i] = &a->fact[i];
	qsort(list, a->n, sizeof(*list), by_weight);
	putc('[', f);
	for (size_t i = 0; i < a->n && i < max; i++) {
		fprintf(f, "%s\n{\"kind\":\"%s\",\"severity\":\"%s\",\"subject\":", i > 0 ? "," : "",
			names[list[i]->kind], severities[list[i]->severity]);
		jsonout_string(f, list[i]->subject);
		fputs(",\"text\":", f);
		jsonout_string(f, list[i]->text);
		fputs(",\"advice\":", f);
		jsonout_string(f, list[i]->advice);
		putc('}', f);
	}
	fputs("]", f);
}

void account_done(struct account *a)
{
	for (size_t i = 0; i < a->n; i++)
		fact_done(&a->fact[i]);
	fact_done(&a->spare);
	mem_free_ptr(&a->fact);
	*a = (struct account){ 0 };
}
