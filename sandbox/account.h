/* SPDX-License-Identifier: MIT */
/*
 * What a session has to say at its end. The modules hand in facts; what is printed, in which order, and what becomes
 * of the rest is decided here alone.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum account_kind {
	ACCOUNT_NOTHING,
#define KIND(id, name, words) ACCOUNT_##id,
#include "data/account.def"
#undef KIND
	ACCOUNT_KINDS
};

/* When it is printed. */
enum account_severity {
	ACCOUNT_DETAIL,	  /* with -v */
	ACCOUNT_SUMMARY,  /* on a terminal, and with -v */
	ACCOUNT_NOTE,	  /* not when quiet */
	ACCOUNT_SECURITY, /* always */
	ACCOUNT_SEVERITIES
};

struct account_fact {
	enum account_kind kind;
	enum account_severity severity;
	bool said;     /* it has been printed */
	size_t others; /* things like this one that it stands for, besides its own */
	char *subject; /* owned; the file, host, command or key that it is about; NULL: none */
	char *text;    /* owned; the whole line, as it is printed */
	char *advice;  /* owned; one command that helps; NULL: none */
};

struct account {
	struct account_fact *fact; /* owned */
	size_t n, cap;
	size_t kept[ACCOUNT_KINDS][ACCOUNT_SEVERITIES];
	size_t lost[ACCOUNT_KINDS][ACCOUNT_SEVERITIES]; /* beyond what is kept */
	struct account_fact spare;			/* in place of those */
};

/*
 * So many of a kind and severity are kept: none takes the room of another one. Details are lists of what a module has in
 * memory already.
 */
#define ACCOUNT_FACTS	 512
#define ACCOUNT_DETAILS	 65536
/* So many lines are printed without -v. */
#define ACCOUNT_LINES	 12
/* A line has so many bytes without -v: names that somebody chose can't fill the screen. */
#define ACCOUNT_LINE_MAX 1200

/*
 * Hands in a fact. subject and text may be hostile: they are escaped where they are printed. What is returned is valid
 * until the next one is handed in: to set `said` or `others`.
 */
struct account_fact *account_add(struct account *a, enum account_kind kind, enum account_severity severity,
				 const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 5, 6), returns_nonnull));
/* The same for what can't wait: it is printed at once, and the report has it. */
void account_tell(struct account *a, enum account_kind kind, enum account_severity severity,
		  const char *subject, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* What helps, of the fact that was just handed in: printed as "; try: ". */
void account_try(struct account_fact *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Prints what has not been said yet: what matters most first. Beyond ACCOUNT_LINES each kind has a line before any has
 * two, and says how many more there are; with -v all is printed.
 */
void account_say(struct account *a);
/* At most max facts, what matters most first, those that were printed too, as a JSON array: an object a line. */
void account_json(const struct account *a, size_t max, FILE *f);
void account_done(struct account *a);

#endif
