/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* A line of the severity, where it is one to print. */
static void print(const struct account_fact *f)
{
	const char *try = f->advice != NULL ? "; try: " : "", *advice = f->advice != NULL ? f->advice : "";

	switch (f->severity) {
	case ACCOUNT_SECURITY:
		log_security("%s%s%s", f->text, try, advice);
		break;
	case ACCOUNT_NOTE:
		log_note("%s%s%s", f->text, try, advice);
		break;
	case ACCOUNT_SUMMARY:
		if (log_get() == LOG_VERBOSE || (isatty(2) && log_get() >= LOG_NORMAL))
			log_note("%s%s%s", f->text, try, advice);
		break;
	case ACCOUNT_DETAIL:
		log_detail("%s%s%s", f->text, try, advice);
		break;
	case ACCOUNT_SEVERITIES:
		break;
	}
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
	print(f);
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

void account_say(struct account *a)
{
	add_lost(a);
	for (size_t i = 0; i < a->n; i++) {
		if (!a->fact[i].said)
			print(&a->fact[i]);
		a->fact[i].said = true;
	}
}

void account_done(struct account *a)
{
	for (size_t i = 0; i < a->n; i++)
		fact_done(&a->fact[i]);
	fact_done(&a->spare);
	mem_free_ptr(&a->fact);
	*a = (struct account){ 0 };
}
