/* SPDX-License-Identifier: MIT */
/*
 * Strict JSON with positions. The scanner decides what is acceptable; cJSON
 * only decodes what the scanner accepted, and must find the same tree. It must
 * not be given anything else: by itself it takes trailing text, duplicate keys
 * and \u0000, and finds keys without regard to case.
 */
#include "json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "proxyurl.h"
#include "util.h"

#define MAX_DEPTH      32
#define MAX_VALUES     65536
#define MAX_LARGE      262144
#define MAX_NUMBER     32 /* characters; cJSON silently cuts longer ones at 63 */
#define EXCERPT_BEFORE 40 /* characters of the line shown before the caret */
#define EXCERPT_AFTER  36

struct json_scan {
	struct json_doc *doc;
	char *plain; /* borrowed; copy of the text in which comments become blanks */
	size_t at;
	size_t values;
	enum json_dialect dialect;
	struct diag *d;
};

static bool json_is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	     [JSON_FALSE] = "false",	 [JSON_TRUE] = "true",
		[JSON_NUMBER] = "a number",  [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};

	_Static_assert(ARRAY_SIZE(names) == JSON_TYPES, "one name for each type");
	return names[type];
}

/* --- where an offset is */

static size_t json_line_start(const struct json_doc *doc, size_t at)
{
	while (at > 0 && doc->text[at - 1] != '\n')
		at--;
	return at;
}

size_t json_line(const struct json_doc *doc, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < doc->len; i++)
		line += doc->text[i] == '\n';
	return line;
}

/* Characters in text[from..to), so that a caret stands below the right one. */
static size_t json_columns(const struct json_doc *doc, size_t from, size_t to)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += !json_is_continuation(doc->text[i]);
	return n;
}

size_t json_column(const struct json_doc *doc, size_t at)
{
	return json_columns(doc, json_line_start(doc, at), at) + 1;
}

void json_find(const struct json_doc *doc, struct json_place *p, size_t at)
{
	if (at < p->at)
		*p = JSON_START;
	for (; p->at < at && p->at < doc->len; p->at++) {
		p->column += !json_is_continuation(doc->text[p->at]);
		if (doc->text[p->at] == '\n') {
			p->line++;
			p->column = 1;
		}
	}
}

/* The value of network.upstream, by that key or a key of that name, or behind one on a line before. */
static char *json_find_upstream(const struct json_doc *doc, size_t start, char *line)
{
	static const char key[] = "upstream";
	char *found = strcasestr(line, key);
	size_t n = sizeof(key); /* with its quote */

	if (found == NULL) {
		while (start > 0 && strchr(" \t\r\n:", doc->text[start - 1]) != NULL)
			start--;
		if (start < n || strncasecmp(doc->text + start - n, "upstream\"", n) != 0)
			return NULL;
		found = line;
	} else {
		found += n - 1;
		found += *found == '"';
	}
	found += strspn(found, " \t\r:");
	return found + (*found == '"');
}

/* What is no JSON has no end of the value either: all that could be the login goes. */
static void json_hide_upstream(const struct json_doc *doc, size_t start, char *line)
{
	char *value = json_find_upstream(doc, start, line);

	if (value == NULL)
		return;
	proxyurl_hide_value(value);
	if (value > line && value[-1] == '"' && strchr(value, '"') == NULL)
		memset(value, '*', strlen(value));
}

/* The whole line, as a part of it may be shown: a login in it is known by what surrounds it. Owned. */
static char *json_shown_line(const struct json_doc *doc, size_t start)
{
	const char *text = doc->text + start, *end = memchr(text, '\n', doc->len - start);
	size_t n = end != NULL ? (size_t)(end - text) : doc->len - start;
	char *line = xmalloc(n + 1);

	for (size_t i = 0; i < n; i++)
		line[i] = text[i] != '\0' ? text[i] : '?';
	line[n] = '\0';
	proxyurl_hide(line);
	json_hide_upstream(doc, start, line);
	return line;
}

/* Writes "\n    EXCERPT\n    ^" to out, as much as fits. */
static void json_excerpt(const struct json_doc *doc, size_t at, char *out, size_t size)
{
	size_t from = at, to = at, n = 0, used, start = json_line_start(doc, at);
	AUTO_FREE char *line = NULL;

	/* Backwards from the caret: the line may be the whole file. */
	while (from > 0 && doc->text[from - 1] != '\n' && n < EXCERPT_BEFORE)
		n += !json_is_continuation(doc->text[--from]);
	while (to < doc->len && doc->text[to] != '\n' && doc->text[to] != '\r' &&
	       json_columns(doc, at, to) < EXCERPT_AFTER)
		to++;
	while (to < doc->len && json_is_continuation(doc->text[to]))
		to++;
	line = json_shown_line(doc, start);
	used = (size_t)snprintf(out, size, "\n    ");
	for (size_t i = from; i < to && used + 1 < size; i++, used++) {
		unsigned char c = (unsigned char)line[i - start];

		/* Escapes would move the text away from its caret. */
		out[used] = c == '\t' ? ' ' : c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	if (used < size)
		snprintf(out + used, size - used, "\n    %*s^", (int)json_columns(doc, from, at), "");
}

void json_show(const struct json_doc *doc, size_t line, size_t column, struct diag *d)
{
	size_t at = 0, used = strlen(d->msg);

	while (--line > 0 && at < doc->len) {
		const char *end = memchr(doc->text + at, '\n', doc->len - at);

		at = end != NULL ? (size_t)(end - doc->text) + 1 : doc->len;
	}
	while (--column > 0 && at < doc->len && doc->text[at] != '\n')
		do
			at++;
		while (at < doc->len && json_is_continuation(doc->text[at]));
	json_excerpt(doc, at, d->msg + used, sizeof(d->msg) - used);
}

int json_fail(const struct json_doc *doc, size_t at, struct diag *d, const char *fmt, ...)
{
	char what[200], excerpt[320];
	const char *name = doc->name;
	size_t len = strlen(name);
	va_list ap;

	if (at > doc->len)
		at = doc->len;
	/* The end of the file is shown as the end of its last line. */
	if (at > 0 && at == doc->len && doc->text[at - 1] == '\n')
		at--;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	json_excerpt(doc, at, excerpt, sizeof(excerpt));
	return diag_set(d, -EINVAL, "%s%s:%zu:%zu: %s%s", len > 120 ? "..." : "",
			len > 120 ? name + len - 120 : name, json_line(doc, at), json_column(doc, at), what,
			excerpt);
}

/* --- the scanner */

static int json_scan_value(struct json_scan *s, struct json *ret, size_t depth);

/* The character at the cursor; 0 at the end (NUL bytes were refused before). */
static char json_peek(const struct json_scan *s)
{
	return s->at < s->doc->len ? s->doc->text[s->at] : '\0';
}

static bool json_sees(const struct json_scan *s, const char *word)
{
	size_t n = strlen(word);

	return n <= s->doc->len - s->at && memcmp(s->doc->text + s->at, word, n) == 0;
}

/* Passes one comment, blanking it in the copy. */
static int json_scan_comment(struct json_scan *s)
{
	size_t start = s->at;
	const char *text = s->doc->text, *end;

	if (s->dialect != JSON_COMMENTS)
		return json_fail(s->doc, start, s->d, "comments are not allowed here");
	if (json_sees(s, "//")) {
		end = memchr(text + start, '\n', s->doc->len - start);
		s->at = end != NULL ? (size_t)(end - text) : s->doc->len;
	} else {
		end = memmem(text + start + 2, s->doc->len - start - 2, "*/", 2);
		if (end == NULL)
			return json_fail(s->doc, start, s->d, "comment without end");
		s->at = (size_t)(end - text) + 2;
	}
	memset(s->plain + start, ' ', s->at - start);
	return 0;
}

static int json_scan_space(struct json_scan *s)
{
	for (;;) {
		char c = json_peek(s);
		int r;

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			s->at++;
			continue;
		}
		if (!json_sees(s, "//") && !json_sees(s, "/*"))
			return 0;
		r = json_scan_comment(s);
		if (r < 0)
			return r;
	}
}

/* The value of four hex digits at text[at], or -1. */
static int json_hex4(const struct json_doc *doc, size_t at)
{
	int v = 0;

	if (doc->len - at < 4)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = doc->text[i];
		const char *p = memchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c, 16);

		if (p == NULL)
			return -1;
		v = v * 16 + (int)(p - digits);
	}
	return v;
}

/* Passes \uXXXX, and the second half of a surrogate pair. */
static int json_scan_unicode(struct json_scan *s)
{
	size_t start = s->at;
	int hi = json_hex4(s->doc, start + 2), lo;

	if (hi < 0)
		return json_fail(s->doc, start, s->d, "\\u needs four hex digits");
	if (hi == 0)
		return json_fail(s->doc, start, s->d, "\\u0000 is not allowed: it would end the text there");
	s->at += 6;
	if (hi < 0xd800 || hi > 0xdfff)
		return 0;
	lo = json_sees(s, "\\u") ? json_hex4(s->doc, s->at + 2) : -1;
	if (hi > 0xdbff || lo < 0xdc00 || lo > 0xdfff)
		return json_fail(s->doc, start, s->d, "half a surrogate pair");
	s->at += 6;
	return 0;
}

static int json_scan_escape(struct json_scan *s)
{
	char c = s->at + 1 < s->doc->len ? s->doc->text[s->at + 1] : '\0';

	if (c == 'u')
		return json_scan_unicode(s);
	if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
		return json_fail(s->doc, s->at, s->d, "unknown escape; a backslash is written \\\\");
	s->at += 2;
	return 0;
}

static int json_scan_string(struct json_scan *s)
{
	size_t start = s->at++;

	for (;;) {
		unsigned char c = (unsigned char)json_peek(s);
		int r;

		if (s->at == s->doc->len || c == '\n')
			return json_fail(s->doc, start, s->d, "string without end");
		if (c == '"') {
			s->at++;
			return 0;
		}
		if (c < 0x20 || c == 0x7f)
			return json_fail(s->doc, s->at, s->d, "control character 0x%02x in a string", c);
		if (c != '\\') {
			s->at++;
			continue;
		}
		r = json_scan_escape(s);
		if (r < 0)
			return r;
	}
}

static size_t json_digits(struct json_scan *s)
{
	size_t start = s->at;

	while (json_peek(s) >= '0' && json_peek(s) <= '9')
		s->at++;
	return s->at - start;
}

/* The number text[start..at) as an integer, when it is one. */
static void json_set_integer(const struct json_scan *s, size_t start, struct json *v)
{
	char buf[MAX_NUMBER + 1] = { 0 };
	char *end;

	memcpy(buf, s->doc->text + start, s->at - start);
	errno = 0;
	v->integer = strtoll(buf, &end, 10);
	v->is_integer = errno == 0 && *end == '\0';
	if (!v->is_integer)
		v->integer = 0;
}

static int json_scan_number(struct json_scan *s, struct json *v)
{
	size_t start = s->at, first;
	bool ok;

	s->at += json_peek(s) == '-';
	first = s->at;
	ok = json_digits(s) > 0;
	if (ok && s->doc->text[first] == '0' && s->at - first > 1)
		return json_fail(s->doc, start, s->d, "number with a leading zero");
	if (ok && json_peek(s) == '.') {
		s->at++;
		ok = json_digits(s) > 0;
	}
	if (ok && (json_peek(s) == 'e' || json_peek(s) == 'E')) {
		s->at++;
		s->at += json_peek(s) == '+' || json_peek(s) == '-';
		ok = json_digits(s) > 0;
	}
	if (!ok)
		return json_fail(s->doc, start, s->d, "not a number");
	if (s->at - start > MAX_NUMBER)
		return json_fail(s->doc, start, s->d, "number of more than %d characters", MAX_NUMBER);
	json_set_integer(s, start, v);
	return 0;
}

static struct json *json_add_item(struct json *parent)
{
	/* Doubles at powers of two, so the capacity needs no field. */
	if ((parent->n & (parent->n - 1)) == 0)
		parent->item =
		    xrealloc_array(parent->item, parent->n > 0 ? parent->n * 2 : 1, sizeof(*parent->item));
	parent->item[parent->n] = (struct json){ 0 };
	return &parent->item[parent->n++];
}

/* Passes "key" and ":". */
static int json_scan_key(struct json_scan *s, struct json *member)
{
	int r;

	member->key_at = s->at;
	if (json_peek(s) != '"')
		return json_fail(s->doc, s->at, s->d, "expected a key in double quotes");
	r = json_scan_string(s);
	if (r == 0)
		r = json_scan_space(s);
	if (r < 0)
		return r;
	if (json_peek(s) != ':')
		return json_fail(s->doc, s->at, s->d, "expected : after the key");
	s->at++;
	return json_scan_space(s);
}

/* Elements or members up to the closing bracket. */
static int json_scan_items(struct json_scan *s, struct json *v, size_t depth)
{
	char close = v->type == JSON_OBJECT ? '}' : ']';
	size_t comma = 0;
	int r;

	for (s->at++;; s->at++) {
		struct json *item;

		r = json_scan_space(s);
		if (r < 0)
			return r;
		if (json_peek(s) == close) {
			if (comma > 0)
				return json_fail(s->doc, comma, s->d, "comma before %c", close);
			s->at++;
			return 0;
		}
		if (s->at == s->doc->len)
			return json_fail(s->doc, v->at, s->d, "%c without %c",
					 v->type == JSON_OBJECT ? '{' : '[', close);
		item = json_add_item(v);
		if (v->type == JSON_OBJECT) {
			r = json_scan_key(s, item);
			if (r < 0)
				return r;
		}
		r = json_scan_value(s, item, depth + 1);
		if (r == 0)
			r = json_scan_space(s);
		if (r < 0)
			return r;
		if (json_peek(s) == close) {
			s->at++;
			return 0;
		}
		comma = s->at;
		if (s->at == s->doc->len)
			return json_fail(s->doc, v->at, s->d, "%c without %c",
					 v->type == JSON_OBJECT ? '{' : '[', close);
		if (json_peek(s) != ',')
			return json_fail(s->doc, s->at, s->d, "expected , or %c", close);
	}
}

static int json_scan_word(struct json_scan *s, struct json *v)
{
	static const struct {
		const char *word;
		enum json_type type;
	} words[] = { { "null", JSON_NULL }, { "false", JSON_FALSE }, { "true", JSON_TRUE } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (json_sees(s, words[i].word)) {
			s->at += strlen(words[i].word);
			v->type = words[i].type;
			return 0;
		}
	}
	if (json_peek(s) == '\'')
		return json_fail(s->doc, s->at, s->d, "strings need double quotes");
	return json_fail(s->doc, s->at, s->d, "expected a value");
}

static size_t json_max_values(enum json_dialect dialect)
{
	return dialect == JSON_LARGE ? MAX_LARGE : MAX_VALUES;
}

static int json_scan_value(struct json_scan *s, struct json *ret, size_t depth)
{
	char c = json_peek(s);

	ret->at = s->at;
	if (depth >= MAX_DEPTH)
		return json_fail(s->doc, s->at, s->d, "nested deeper than %d", MAX_DEPTH);
	if (++s->values > json_max_values(s->dialect))
		return json_fail(s->doc, s->at, s->d, "more than %zu values", json_max_values(s->dialect));
	if (c == '{' || c == '[') {
		ret->type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
		return json_scan_items(s, ret, depth);
	}
	if (c == '"') {
		ret->type = JSON_STRING;
		return json_scan_string(s);
	}
	if (c == '-' || (c >= '0' && c <= '9')) {
		ret->type = JSON_NUMBER;
		return json_scan_number(s, ret);
	}
	return json_scan_word(s, ret);
}

/* --- what the whole text must fulfil */

/* Offset of the first byte that is not part of valid UTF-8, or len. */
static size_t json_find_bad_utf8(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		unsigned char c = (unsigned char)text[i];
		size_t n = c < 0x80		   ? 1
			   : c >= 0xc2 && c < 0xe0 ? 2
			   : c >> 4 == 14	   ? 3
			   : c >= 0xf0 && c < 0xf5 ? 4
						   : 0;
		unsigned char second = n > 1 && i + 1 < len ? (unsigned char)text[i + 1] : 0;

		if (n == 0 || n > len - i)
			return i;
		for (size_t k = 1; k < n; k++) {
			if (!json_is_continuation(text[i + k]))
				return i;
		}
		/* Overlong forms, surrogates, beyond U+10FFFF. */
		if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
		    (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f))
			return i;
		i += n;
	}
	return len;
}

static int json_check_bytes(const struct json_doc *doc, enum json_dialect dialect, struct diag *d)
{
	size_t bad, max = dialect == JSON_LARGE ? JSON_MAX_LARGE_BYTES : JSON_MAX_BYTES;
	const char *nul;

	if (doc->len > max)
		return diag_set(d, -EINVAL, "%s: larger than %zu MiB", doc->name, max >> 20);
	nul = memchr(doc->text, '\0', doc->len);
	if (nul != NULL)
		return json_fail(doc, (size_t)(nul - doc->text), d, "NUL byte");
	if (doc->len >= 3 && memcmp(doc->text, "\xef\xbb\xbf", 3) == 0)
		return json_fail(doc, 0, d, "byte order mark; save the file as UTF-8 without one");
	bad = json_find_bad_utf8(doc->text, doc->len);
	if (bad < doc->len)
		return json_fail(doc, bad, d, "not UTF-8");
	return 0;
}

static int json_scan_document(struct json_scan *s)
{
	int r = json_scan_space(s);

	if (r < 0)
		return r;
	if (s->at == s->doc->len)
		return json_fail(s->doc, s->at, s->d, "empty; the smallest file is {}");
	r = json_scan_value(s, &s->doc->root, 0);
	if (r == 0)
		r = json_scan_space(s);
	if (r < 0)
		return r;
	if (s->at != s->doc->len)
		return json_fail(s->doc, s->at, s->d, "text after the end of the document");
	return 0;
}

/* --- decoding with cJSON */

static bool json_same_type(const struct json *v, const cJSON *c)
{
	switch (v->type) {
	case JSON_NULL:
		return cJSON_IsNull(c);
	case JSON_FALSE:
		return cJSON_IsFalse(c);
	case JSON_TRUE:
		return cJSON_IsTrue(c);
	case JSON_NUMBER:
		return cJSON_IsNumber(c);
	case JSON_STRING:
		return cJSON_IsString(c) && c->valuestring != NULL;
	case JSON_ARRAY:
		return cJSON_IsArray(c);
	case JSON_OBJECT:
		return cJSON_IsObject(c);
	case JSON_TYPES:
		break;
	}
	return false;
}

/* Copies the decoded strings of c into the scanned tree v; false when the two differ in shape. */
static bool json_decode(struct json *v, const cJSON *c)
{
	const cJSON *child = c->child;

	if (!json_same_type(v, c))
		return false;
	if (v->type == JSON_STRING)
		v->string = xstrdup(c->valuestring);
	for (size_t i = 0; i < v->n; i++, child = child->next) {
		if (child == NULL || (v->type == JSON_OBJECT) != (child->string != NULL))
			return false;
		if (child->string != NULL)
			v->item[i].key = xstrdup(child->string);
		if (!json_decode(&v->item[i], child))
			return false;
	}
	return child == NULL;
}

static int json_compare_keys(const void *a, const void *b)
{
	const struct json *const *x = a, *const *y = b;
	int r = strcmp((*x)->key, (*y)->key);

	if (r != 0)
		return r;
	return (*x)->key_at < (*y)->key_at ? -1 : (*x)->key_at > (*y)->key_at;
}

/* Refuses an object, at any depth, that has a key twice. */
static int json_check_keys(const struct json_doc *doc, const struct json *v, struct diag *d)
{
	AUTO_FREE const struct json **sorted = NULL;

	if (v->type == JSON_OBJECT && v->n > 1) {
		sorted = xcalloc(v->n, sizeof(*sorted));
		for (size_t i = 0; i < v->n; i++)
			sorted[i] = &v->item[i];
		qsort(sorted, v->n, sizeof(*sorted), json_compare_keys);
		for (size_t i = 1; i < v->n; i++) {
			if (streq(sorted[i - 1]->key, sorted[i]->key))
				return json_fail(doc, sorted[i]->key_at, d,
						 "duplicate key \"%.60s\"; the first is in line %zu",
						 sorted[i]->key, json_line(doc, sorted[i - 1]->key_at));
		}
	}
	for (size_t i = 0; i < v->n; i++) {
		int r = json_check_keys(doc, &v->item[i], d);

		if (r < 0)
			return r;
	}
	return 0;
}

int json_parse(const char *name, const char *text, size_t len, enum json_dialect dialect,
	       struct json_doc *ret, struct diag *d)
{
	AUTO_FREE char *plain = NULL;
	struct json_scan s = { .doc = ret, .dialect = dialect, .d = d };
	const char *end = NULL;
	cJSON *c;
	bool same;
	int r;

	*ret = (struct json_doc){ .name = name, .text = text, .len = len };
	r = json_check_bytes(ret, dialect, d);
	if (r < 0)
		return r;
	plain = xmalloc(len + 1);
	memcpy(plain, text, len);
	plain[len] = '\0';
	s.plain = plain;
	r = json_scan_document(&s);
	if (r < 0)
		return r;
	/* len + 1: cJSON finds the end of the text by its NUL. */
	c = cJSON_ParseWithLengthOpts(plain, len + 1, &end, true);
	same = c != NULL && json_decode(&ret->root, c);
	cJSON_Delete(c);
	if (!same)
		return json_fail(ret, end != NULL ? (size_t)(end - plain) : 0, d,
				 "two JSON parsers disagree about this text");
	return json_check_keys(ret, &ret->root, d);
}

static void json_free_value(struct json *v)
{
	for (size_t i = 0; i < v->n; i++)
		json_free_value(&v->item[i]);
	free(v->item);
	free(v->key);
	free(v->string);
	*v = (struct json){ 0 };
}

void json_done(struct json_doc *doc)
{
	json_free_value(&doc->root);
}

const struct json *json_get(const struct json *object, const char *key)
{
	if (object->type != JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->n; i++) {
		if (streq(object->item[i].key, key))
			return &object->item[i];
	}
	return NULL;
}
