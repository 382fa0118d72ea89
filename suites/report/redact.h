/* SPDX-License-Identifier: MIT */
/* Names of this machine and of who works on it, and texts without them. */
#ifndef REDACT_H
#define REDACT_H

#include <stdbool.h>
#include <stddef.h>

enum redact_kind {
	REDACT_PATH, /* an absolute path: where it ends at the end of a component */
	REDACT_WORD, /* a name: as a word of its own */
	REDACT_ID,   /* unlike any word: wherever it stands */
};

struct redact_name {
	enum redact_kind kind;
	const char *token; /* static; what stands in its place: "<home>" */
	char *text;	   /* owned */
	bool common;	   /* is also a word of the report */
};
struct redact_names {
	struct redact_name *name; /* owned; the longest first */
	size_t n;
};

/* Names that every machine has ("root", "localhost", "/") and empty ones are not taken. */
void redact_add(struct redact_names *names, enum redact_kind kind, const char *token, const char *text);
/*
 * Marks the words of this text, which is the same on every machine: a name
 * that is one of them is replaced only where it can't be the word.
 */
void redact_vocabulary(struct redact_names *names, const char *text);
/* The text without the names, and without anybody's directory below /home, /Users and the like. Owned by the caller. */
char *redact_text(const struct redact_names *names, const char *text);
void redact_done(struct redact_names *names);

#endif
