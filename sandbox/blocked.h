/* SPDX-License-Identifier: MIT */
/*
 * The patterns of blocked_commands: a name, and words that its arguments are
 * compared with. Pure: what a call is (files, arguments) somebody else found out.
 *
 * In a word "*" and "?" stand for any bytes and for one. A word "*" by itself
 * stands for any number of words, none too. Words that begin with "-" are options:
 * they may be given anywhere, in any order, and beside others. A pattern of the
 * name alone (or with nothing but "*" behind it) is for the whole command.
 */
#ifndef BLOCKED_H
#define BLOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "strv.h"

struct blocked_pattern {
	char *name;		       /* owned; a glob */
	struct strv options, operands; /* globs; of operands a "*" by itself is any number */
	bool whole;		       /* whatever the arguments are */
};

/* A file that a pattern's name leads to. */
struct blocked_file {
	char *path; /* owned by who has the table; resolved */
	dev_t dev;
	ino_t ino; /* 0: unknown, the path decides */
	size_t pattern;
	bool masked; /* nothing inside can read it */
};

/* One command as it is about to be started. */
struct blocked_call {
	const char *called; /* the last part of the name that it is called by; "": none */
	const char *path;   /* the file, resolved; NULL: it has none any more */
	dev_t dev;
	ino_t ino;
	char *const *argv; /* with argv[0] */
	size_t argc;
	bool indirect; /* another program is given the file: patterns of whole commands are not about that */
};

/* NULL when text is a pattern, else what is wrong with it; *ret is to be released in any case. */
const char *blocked_parse(const char *text, struct blocked_pattern *ret);
void blocked_done(struct blocked_pattern *p);

/* Whether arguments can decide: without, those of the call need not be known. */
bool blocked_asks(const struct blocked_pattern *p, size_t n, const struct blocked_file *f, size_t nf,
		  const struct blocked_call *c);
/* The first of n patterns that the call is of, or n. */
size_t blocked_find(const struct blocked_pattern *p, size_t n, const struct blocked_file *f, size_t nf,
		    const struct blocked_call *c);
/* A file that is many commands (multicall.def). */
bool blocked_is_multicall(const char *path);
/* Whether name fits the glob. */
bool blocked_glob(const char *glob, const char *name);

#endif
