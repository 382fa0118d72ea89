/* SPDX-License-Identifier: MIT */
/*
 * JSON text taken apart without decoding it, for files that are the agent's: a
 * megabyte costs a millisecond, and what is copied stays as it was, byte by byte.
 * Checks brackets, strings and separators only; who needs more uses json.h.
 */
#ifndef JSONSLICE_H
#define JSONSLICE_H

#include <stdbool.h>
#include <stddef.h>

struct jsonslice {
	const char *s; /* borrowed */
	size_t n;
};

/* One member of an object; key without its quotes, escapes as they are. */
struct jsonslice_member {
	struct jsonslice key, value;
};

struct jsonslice_iter {
	const char *s, *end;
	bool begun;
};

/* False when the text is not one object. */
bool jsonslice_begin(struct jsonslice text, struct jsonslice_iter *ret);
/* 1 and the next member; 0 at the end of the object; -1 where it is malformed. */
int jsonslice_next(struct jsonslice_iter *it, struct jsonslice_member *ret);
/* The member of that name, be it as it is or said by escapes; a value with s NULL when there is none, or the object is malformed. */
struct jsonslice jsonslice_get(struct jsonslice object, const char *key);
/* True when the whole text is one well-formed object. */
bool jsonslice_is_object(struct jsonslice text);
bool jsonslice_eq(struct jsonslice a, struct jsonslice b);
/* True of a key that says `name`, which is plain text, by escapes too: "primaryApiKe\u0079". */
bool jsonslice_says(struct jsonslice key, const char *name);
struct jsonslice jsonslice_of(const char *text);

#endif
