/* SPDX-License-Identifier: MIT */
/*
 * Strict JSON with positions. Two parsers must agree: a scanner of ours checks
 * the grammar and remembers where every value stands, cJSON decodes. json.c is
 * the only file that includes cJSON, whose own parser is too kind.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include "diag.h"

#define JSON_MAX_BYTES	     ((size_t)1 << 20)
#define JSON_MAX_LARGE_BYTES ((size_t)8 << 20)

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
	JSON_TYPES
};

struct json {
	enum json_type type;
	char *key;	   /* owned; the name of a member of an object, else NULL */
	size_t key_at, at; /* where key and value begin in the text */
	char *string;	   /* owned; the text of a JSON_STRING, else NULL */
	bool is_integer;   /* a JSON_NUMBER that fits and has no fraction or exponent */
	long long integer;
	struct json *item; /* owned; elements or members in the order of the text */
	size_t n;
};

struct json_doc {
	const char *name; /* borrowed; what messages call the text */
	const char *text; /* borrowed; must outlive the document */
	size_t len;
	struct json root;
};

/* JSON_LARGE: plain, up to JSON_MAX_LARGE_BYTES: reports. */
enum json_dialect { JSON_PLAIN, JSON_COMMENTS, JSON_LARGE };

/*
 * Parses text[0..len) as one JSON value; JSON_COMMENTS also allows comments as
 * in C++. Refused, besides what is no JSON: text after the value, more than
 * JSON_MAX_BYTES, deep nesting, duplicate keys, a NUL byte or \u0000, invalid
 * UTF-8, unpaired surrogates. 0, or -EINVAL with "NAME:LINE:COLUMN: what" and
 * the offending line. json_done releases *ret in both cases.
 */
int json_parse(const char *name, const char *text, size_t len, enum json_dialect dialect,
	       struct json_doc *ret, struct diag *d);
void json_done(struct json_doc *doc);

/* The member `key` of an object, borrowed; NULL when absent. Case matters. */
const struct json *json_get(const struct json *object, const char *key);

/* "an object", "a string", ... for messages. */
const char *json_type_name(enum json_type type);

/* The line, counted from 1, in which offset `at` lies. */
size_t json_line(const struct json_doc *doc, size_t at);
/* Its column in that line, in characters from 1. */
size_t json_column(const struct json_doc *doc, size_t at);

/* Where an offset is. Begin with JSON_START; what lies behind the last offset is found from there on. */
struct json_place {
	size_t at, line, column;
};
#define JSON_START ((struct json_place){ 0, 1, 1 })
void json_find(const struct json_doc *doc, struct json_place *p, size_t at);

/* Adds the line of the text, with a caret below the column, to the message of d. Both count from 1. */
void json_show(const struct json_doc *doc, size_t line, size_t column, struct diag *d);

/*
 * Sets d to -EINVAL, "NAME:LINE:COLUMN: " and the message, then the line of the
 * text with a caret below offset `at`. Columns count characters, from 1.
 */
int json_fail(const struct json_doc *doc, size_t at, struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
