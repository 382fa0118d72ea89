/* SPDX-License-Identifier: MIT */
#include "jsonslice.h"

#include <ctype.h>
#include <string.h>

#define MAX_DEPTH 128

struct jsonslice jsonslice_of(const char *text)
{
	return (struct jsonslice){ text, strlen(text) };
}

bool jsonslice_eq(struct jsonslice a, struct jsonslice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

/* What the escape behind a backslash stands for, and how long it is; -1: no character of ASCII. */
static int escaped(const char *s, const char *end, size_t *n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = s < end && *s != '\0' ? strchr(from, *s) : NULL;
	int c = 0;

	*n = 1;
	if (at != NULL)
		return to[at - from];
	if (end - s < 5 || *s != 'u')
		return -1;
	*n = 5;
	for (size_t i = 1; i < 5; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = s[i] != '\0' ? strchr(digits, tolower((unsigned char)s[i])) : NULL;

		if (digit == NULL)
			return -1;
		c = c * 16 + (int)(digit - digits);
	}
	return c < 0x80 ? c : -1;
}

bool jsonslice_says(struct jsonslice key, const char *name)
{
	const char *s = key.s, *end = key.s + key.n;

	for (; s < end && *name != '\0'; name++) {
		size_t n = 1;
		int c = *s == '\\' ? escaped(s + 1, end, &n) : (unsigned char)*s;

		if (c != (unsigned char)*name)
			return false;
		s += *s == '\\' ? n + 1 : 1;
	}
	return s == end && *name == '\0';
}

static const char *skip_space(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r'))
		s++;
	return s;
}

/* s is at the opening quote. Behind the closing one, or NULL. */
static const char *skip_string(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++) {
		if ((unsigned char)*s < 0x20)
			return NULL;
		if (*s == '\\')
			s++;
	}
	return s < end ? s + 1 : NULL;
}

/* Numbers and the three words, up to what can't be part of one. */
static const char *skip_word(const char *s, const char *end)
{
	const char *begin = s;

	while (s < end && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *s) != NULL && *s != '\0')
		s++;
	return s > begin ? s : NULL;
}

/* Behind a value of any kind, or NULL. What separates the parts of an inner one is not looked at. */
static const char *skip_value(const char *s, const char *end)
{
	char open[MAX_DEPTH];
	size_t depth = 0;

	do {
		s = skip_space(s, end);
		if (s >= end)
			return NULL;
		if (*s == '{' || *s == '[') {
			if (depth == MAX_DEPTH)
				return NULL;
			open[depth++] = *s++;
		} else if (*s == '}' || *s == ']') {
			if (depth == 0 || open[--depth] != (*s == '}' ? '{' : '['))
				return NULL;
			s++;
		} else if (*s == '"') {
			s = skip_string(s, end);
		} else if (depth > 0 && (*s == ',' || *s == ':')) {
			s++;
		} else {
			s = skip_word(s, end);
		}
	} while (s != NULL && depth > 0);
	return s;
}

bool jsonslice_begin(struct jsonslice text, struct jsonslice_iter *ret)
{
	const char *end = text.s + text.n, *s = text.s == NULL ? NULL : skip_space(text.s, end);

	if (s == NULL || s >= end || *s != '{')
		return false;
	*ret = (struct jsonslice_iter){ .s = s + 1, .end = end };
	return true;
}

int jsonslice_next(struct jsonslice_iter *it, struct jsonslice_member *ret)
{
	const char *s = skip_space(it->s, it->end), *key, *value;

	if (s < it->end && *s == '}')
		return skip_space(s + 1, it->end) == it->end ? 0 : -1;
	if (it->begun) {
		if (s >= it->end || *s != ',')
			return -1;
		s = skip_space(s + 1, it->end);
	}
	it->begun = true;
	if (s >= it->end || *s != '"')
		return -1;
	key = s + 1;
	s = skip_string(s, it->end);
	if (s == NULL)
		return -1;
	ret->key = (struct jsonslice){ key, (size_t)(s - 1 - key) };
	s = skip_space(s, it->end);
	if (s >= it->end || *s != ':')
		return -1;
	value = skip_space(s + 1, it->end);
	s = skip_value(value, it->end);
	if (s == NULL)
		return -1;
	ret->value = (struct jsonslice){ value, (size_t)(s - value) };
	it->s = s;
	return 1;
}

bool jsonslice_is_object(struct jsonslice text)
{
	struct jsonslice_iter it;
	struct jsonslice_member m;
	int r = 1;

	if (!jsonslice_begin(text, &it))
		return false;
	while (r > 0)
		r = jsonslice_next(&it, &m);
	return r == 0;
}

struct jsonslice jsonslice_get(struct jsonslice object, const char *key)
{
	struct jsonslice want = jsonslice_of(key);
	struct jsonslice_iter it;
	struct jsonslice_member m;

	if (!jsonslice_begin(object, &it))
		return (struct jsonslice){ 0 };
	while (jsonslice_next(&it, &m) > 0)
		if (jsonslice_eq(m.key, want) || jsonslice_says(m.key, key))
			return m.value;
	return (struct jsonslice){ 0 };
}
