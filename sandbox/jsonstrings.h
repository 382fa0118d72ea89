/* SPDX-License-Identifier: MIT */
/*
 * The strings of a text that is JSON, or nearly: with comments, commas too many, keys twice, odd characters. For who
 * looks for names in it; who needs to know what it says uses json.h. Pure.
 */
#ifndef JSONSTRINGS_H
#define JSONSTRINGS_H

#include <stdbool.h>

struct jsonstrings {
	const char *s; /* borrowed: set it to the text to begin */
	char *key;     /* owned; the last one before the value, "" before the first: of an array its own */
	char *value;   /* owned */
};

/* False at the end. What a string has of half a surrogate pair is U+FFFD in it, a NUL is left out. */
bool jsonstrings_next(struct jsonstrings *it);
void jsonstrings_done(struct jsonstrings *it);

#endif
