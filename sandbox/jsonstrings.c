/* SPDX-License-Identifier: MIT */
#include "jsonstrings.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

enum { HIGH = 0xd800, LOW = 0xdc00, BEHIND = 0xe000, REPLACEMENT = 0xfffd };

/* Over spaces, and comments as in C++. */
static const char *skip(const char *s)
{
	for (;;) {
		s += strspn(s, " \t\r\n");
		if (str_starts(s, "//")) {
			s += strcspn(s, "\n");
		} else if (str_starts(s, "/*")) {
			const char *end = strstr(s + 2, "*/");

			s = end != NULL ? end + 2 : s + strlen(s);
		} else {
			return s;
		}
	}
}

/* Four digits; -1: there are none. */
static int unit_of(const char *s)
{
	char digits[5] = { 0 };

	if (strspn(s, "0123456789abcdefABCDEF") < 4)
		return -1;
	memcpy(digits, s, 4);
	return (int)strtol(digits, NULL, 16);
}

static char *put(char *to, unsigned c)
{
	if (c == 0)
		return to;
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | (c >> 6));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | (c >> 12));
		} else {
			*to++ = (char)(0xf0 | (c >> 18));
			*to++ = (char)(0x80 | ((c >> 12) & 0x3f));
		}
		*to++ = (char)(0x80 | ((c >> 6) & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* *s: behind a backslash; no more bytes are written than are read. */
static char *escaped(const char **s, char *to)
{
	static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
	const char *name = strchr(names, **s);
	int unit, low;

	if (**s != 'u' || (unit = unit_of(*s + 1)) < 0) {
		*to++ = name != NULL && **s != '\0' ? bytes[name - names] : **s;
		*s += **s != '\0';
		return to;
	}
	*s += 5;
	if (unit < HIGH || unit >= BEHIND)
		return put(to, (unsigned)unit);
	low = str_starts(*s, "\\u") ? unit_of(*s + 2) : -1;
	if (unit >= LOW || low < LOW || low >= BEHIND)
		return put(to, REPLACEMENT);
	*s += 6;
	return put(to, 0x10000 + ((unsigned)(unit - HIGH) << 10) + (unsigned)(low - LOW));
}

/* *s: behind the first quote, then behind the last. Owned. */
static char *string_of(const char **s)
{
	const char *end = *s;
	char *ret, *to;

	while (*end != '\0' && *end != '"')
		end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
	ret = to = xcalloc((size_t)(end - *s) + 1, 1);
	while (*s < end) {
		if (**s == '\\') {
			(*s)++;
			to = escaped(s, to);
		} else {
			*to++ = *(*s)++;
		}
	}
	*to = '\0';
	*s = end + (*end == '"');
	return ret;
}

bool jsonstrings_next(struct jsonstrings *it)
{
	mem_free_ptr(&it->value);
	if (it->key == NULL)
		it->key = xstrdup("");
	while (*(it->s = skip(it->s)) != '\0') {
		AUTO_FREE char *string = NULL;

		if (*it->s++ != '"')
			continue;
		string = string_of(&it->s);
		it->s = skip(it->s);
		if (*it->s != ':') {
			it->value = TAKE_PTR(string);
			return true;
		}
		free(it->key);
		it->key = TAKE_PTR(string);
	}
	return false;
}

void jsonstrings_done(struct jsonstrings *it)
{
	free(it->key);
	free(it->value);
	*it = (struct jsonstrings){ 0 };
}
