/* SPDX-License-Identifier: MIT */
/*
 * A reading of git's config files of our own: started as a program, git would cost
 * more than the whole rest of the launcher's work, and would follow includes to files
 * that no sandbox may show. As git's config.c of 2.39 does it, character by character.
 */
#include "gitconf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "util.h"

#define MATCH_STEPS 100000

/* What is left to read. */
struct reader {
	const char *text;
	size_t len, at;
	unsigned line;
	bool eof;
};

/* git's own idea of a space. */
static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_key_char(int c)
{
	return is_alpha(c) || (c >= '0' && c <= '9') || c == '-';
}

static char lower(int c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* The end reads as the end of a line. */
static int next(struct reader *r)
{
	int c;

	if (r->at >= r->len) {
		r->eof = true;
		return '\n';
	}
	c = (unsigned char)r->text[r->at++];
	if (c == '\r' && r->at < r->len && r->text[r->at] == '\n') {
		r->at++;
		c = '\n';
	}
	if (c == '\n')
		r->line++;
	return c;
}

struct buffer {
	char *p; /* owned */
	size_t len, cap;
};

static void put(struct buffer *b, int c)
{
	if (b->len + 1 >= b->cap) {
		b->cap = b->cap > 0 ? b->cap * 2 : 64;
		b->p = xrealloc_array(b->p, b->cap, 1);
	}
	b->p[b->len++] = (char)c;
	b->p[b->len] = '\0';
}

/* `"sub"]` of a header, from the space before it on. */
static bool read_subsection(struct reader *r, struct buffer *name, int c)
{
	do {
		if (c == '\n')
			return false;
		c = next(r);
	} while (is_space(c));
	if (c != '"')
		return false;
	put(name, '.');
	for (;;) {
		c = next(r);
		if (c == '\n' || name->len > GITCONF_NAME_MAX)
			return false;
		if (c == '"')
			break;
		if (c == '\\') {
			c = next(r);
			if (c == '\n')
				return false;
		}
		put(name, c);
	}
	return next(r) == ']';
}

static bool read_header(struct reader *r, struct gitconf *conf, size_t start)
{
	struct buffer name = { 0 };
	bool good = false;

	put(&name, '\0');
	name.len = 0;
	for (;;) {
		int c = next(r);

		if (r->eof || name.len > GITCONF_NAME_MAX)
			break;
		if (c == ']') {
			good = name.len > 0;
			break;
		}
		if (is_space(c)) {
			good = read_subsection(r, &name, c);
			break;
		}
		if (!is_key_char(c) && c != '.')
			break;
		put(&name, lower(c));
	}
	if (!good) {
		free(name.p);
		return false;
	}
	conf->section = xrealloc_array(conf->section, conf->nsection + 1, sizeof(*conf->section));
	conf->section[conf->nsection++] =
	    (struct gitconf_section){ .name = name.p, .start = start, .body = r->at };
	return true;
}

/* What an escape stands for; 0: nothing; '\n': a line that goes on. */
static int escaped(int c)
{
	switch (c) {
	case '\n':
		return '\n';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'n':
		return 'n';
	case '\\':
	case '"':
		return c;
	default:
		return 0;
	}
}

/* Behind the "=", to the end of the line. */
static bool read_value(struct reader *r, struct buffer *value)
{
	bool quote = false, comment = false;
	size_t spaces = 0;

	put(value, '\0');
	value->len = 0;
	for (;;) {
		int c = next(r);

		if (c == '\n')
			return !quote;
		if (comment)
			continue;
		if (is_space(c) && !quote) {
			spaces += value->len > 0;
			continue;
		}
		if (!quote && (c == ';' || c == '#')) {
			comment = true;
			continue;
		}
		for (; spaces > 0; spaces--)
			put(value, ' ');
		if (c == '"') {
			quote = !quote;
			continue;
		}
		if (c == '\\') {
			c = escaped(next(r));
			if (c == 0)
				return false;
			if (c == '\n')
				continue;
			c = c == 'n' ? '\n' : c;
		}
		put(value, c);
	}
}

static bool read_item(struct reader *r, struct gitconf *conf, int c, size_t start)
{
	const char *section = conf->section[conf->nsection - 1].name;
	struct buffer key = { 0 }, value = { 0 };
	bool good = true;
	size_t end;

	for (const char *s = section; *s != '\0'; s++)
		put(&key, *s);
	if (conf->nsection > 1)
		put(&key, '.');
	put(&key, lower(c));
	for (;;) {
		c = next(r);
		if (r->eof || !is_key_char(c) || key.len > 2 * GITCONF_NAME_MAX)
			break;
		put(&key, lower(c));
	}
	while (c == ' ' || c == '\t')
		c = next(r);
	if (c != '\n')
		good = c == '=' && read_value(r, &value);
	if (!good) {
		free(key.p);
		free(value.p);
		return false;
	}
	end = r->at;
	if (!r->eof && end > start && r->text[end - 1] == '\n')
		end -= end > start + 1 && r->text[end - 2] == '\r' ? 2 : 1;
	if (conf->n == conf->cap) {
		conf->cap = conf->cap > 0 ? conf->cap * 2 : 16;
		conf->item = xrealloc_array(conf->item, conf->cap, sizeof(*conf->item));
	}
	conf->item[conf->n++] = (struct gitconf_item){
		.key = key.p, .value = value.p, .start = start, .end = end, .section = conf->nsection - 1
	};
	return true;
}

/* 0 or -errno. */
static int read_all(struct reader *r, struct gitconf *conf)
{
	bool comment = false;

	if (r->len >= 3 && memcmp(r->text, "\xef\xbb\xbf", 3) == 0)
		r->at = 3;
	for (;;) {
		size_t start = r->at;
		int c = next(r);

		if (c == '\n') {
			if (r->eof)
				return 0;
			comment = false;
			continue;
		}
		if (comment || is_space(c))
			continue;
		if (c == '#' || c == ';') {
			comment = true;
			continue;
		}
		if (conf->n >= GITCONF_ITEMS_MAX || conf->nsection >= GITCONF_ITEMS_MAX)
			return -E2BIG;
		if (c == '[' ? !read_header(r, conf, start) : !is_alpha(c) || !read_item(r, conf, c, start))
			return -EILSEQ;
	}
}

int gitconf_parse(const char *text, size_t len, struct gitconf *ret, unsigned *ret_line)
{
	struct reader r = { .text = text, .len = len, .line = 1 };
	int e;

	*ret = (struct gitconf){ 0 };
	ret->section = xcalloc(1, sizeof(*ret->section));
	ret->section[0].name = xstrdup("");
	ret->nsection = 1;
	e = len > GITCONF_MAX ? -E2BIG : memchr(text, '\0', len) != NULL ? -EILSEQ : read_all(&r, ret);
	if (ret_line != NULL)
		*ret_line = r.line;
	if (e < 0)
		gitconf_done(ret);
	return e;
}

void gitconf_done(struct gitconf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->item[i].key);
		free(c->item[i].value);
	}
	for (size_t i = 0; i < c->nsection; i++)
		free(c->section[i].name);
	free(c->item);
	free(c->section);
	*c = (struct gitconf){ 0 };
}

const char *gitconf_get(const struct gitconf *c, const char *key)
{
	for (size_t i = c->n; i-- > 0;)
		if (streq(c->item[i].key, key))
			return c->item[i].value;
	return NULL;
}

/* --- writing */

static void put_header(FILE *f, const char *key)
{
	const char *sub = strchr(key, '.'), *last = strrchr(key, '.');

	if (sub == NULL)
		return;
	fprintf(f, "[%.*s", (int)(sub - key), key);
	if (sub != last) {
		fputs(" \"", f);
		for (const char *s = sub + 1; s < last; s++) {
			if (*s == '"' || *s == '\\')
				putc('\\', f);
			putc(*s, f);
		}
		putc('"', f);
	}
	fputs("]\n", f);
}

/* Without the end of the line. */
static void put_item(FILE *f, const char *key, const char *value)
{
	const char *last = strrchr(key, '.');
	bool quote;

	fprintf(f, "%s", last != NULL ? last + 1 : key);
	if (value == NULL)
		return;
	quote = *value == ' ' || *value == '\t' || (*value != '\0' && value[strlen(value) - 1] == ' ') ||
		strpbrk(value, ";#\r") != NULL || strstr(value, "  ") != NULL;
	fputs(quote ? " = \"" : " = ", f);
	for (const char *s = value; *s != '\0'; s++)
		switch (*s) {
		case '\n':
			fputs("\\n", f);
			break;
		case '\t':
			fputs("\\t", f);
			break;
		case '\b':
			fputs("\\b", f);
			break;
		case '"':
		case '\\':
			putc('\\', f);
			putc(*s, f);
			break;
		default:
			putc(*s, f);
		}
	if (quote)
		putc('"', f);
}

static FILE *open_text(char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);

	if (f == NULL)
		mem_oom();
	return f;
}

void gitconf_write(FILE *f, const char *key, const char *value)
{
	put_header(f, key);
	putc('\t', f);
	put_item(f, key, value);
	putc('\n', f);
}

/* Whether the section is one that `key` belongs into. */
static bool is_section_of(const struct gitconf_section *s, const char *key)
{
	const char *last = strrchr(key, '.');

	return last != NULL && strlen(s->name) == (size_t)(last - key) &&
	       strncmp(s->name, key, (size_t)(last - key)) == 0;
}

/* The bytes of an item that go with it: the line's indentation and end where it has the line to itself. */
static void line_of(const char *text, size_t len, const struct gitconf_item *item, size_t *start, size_t *end)
{
	size_t from = item->start;

	*start = item->start;
	*end = item->end;
	while (from > 0 && (text[from - 1] == ' ' || text[from - 1] == '\t'))
		from--;
	if (from > 0 && text[from - 1] != '\n')
		return;
	*start = from;
	while (*end < len && text[*end] == '\r')
		(*end)++;
	if (*end < len && text[*end] == '\n')
		(*end)++;
}

/* A piece of the text that goes, and what comes in its place (owned; NULL: nothing). */
struct cut {
	size_t start, end;
	char *with;
};

static char *apply(const char *text, size_t len, const struct cut *cut, size_t n)
{
	char *out = NULL;
	size_t size, at = 0;
	FILE *f = open_text(&out, &size);

	for (size_t i = 0; i < n; i++) {
		fwrite(text + at, 1, cut[i].start - at, f);
		if (cut[i].with != NULL)
			fputs(cut[i].with, f);
		at = cut[i].end;
	}
	fwrite(text + at, 1, len - at, f);
	fclose(f);
	return out;
}

static char *values_text(const char *key, const struct strv *values, const char *before, const char *after)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_text(&out, &len);

	for (size_t i = 0; i < values->n; i++) {
		fputs(before, f);
		put_item(f, key, values->v[i]);
		fputs(after, f);
	}
	fclose(f);
	return out;
}

/* Section i of the text without its header, where nothing but blanks is left in it. */
static bool is_bare(const char *text, size_t len, const struct gitconf *c, size_t i)
{
	size_t end = i + 1 < c->nsection ? c->section[i + 1].start : len;

	for (size_t at = c->section[i].body; at < end; at++)
		if (!is_space(text[at]))
			return false;
	return true;
}

/* Takes text. Headers of `key`'s section that have nothing below them are gone. */
static char *without_bare(char *text, const char *key)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	size_t len = strlen(text), n = 0;
	struct cut *cut;
	char *out;

	if (gitconf_parse(text, len, &c, NULL) < 0)
		return text;
	cut = xcalloc(c.nsection + 1, sizeof(*cut));
	for (size_t i = 1; i < c.nsection; i++)
		if (is_section_of(&c.section[i], key) && is_bare(text, len, &c, i))
			cut[n++] = (struct cut){ c.section[i].start,
						 i + 1 < c.nsection ? c.section[i + 1].start : len, NULL };
	out = apply(text, len, cut, n);
	free(cut);
	free(text);
	return out;
}

/* Where the last item of section i ends: the end of a line that goes on at the end of the text is its own. */
static size_t items_end(const struct gitconf *c, size_t i)
{
	size_t end = c->section[i].body;

	for (size_t k = 0; k < c->n; k++)
		if (c->item[k].section == i)
			end = c->item[k].end;
	return end;
}

/* In front of the place where section i ends, but behind its last line that is not blank. */
static size_t end_of(const char *text, size_t len, const struct gitconf *c, size_t i)
{
	size_t end = i + 1 < c->nsection ? c->section[i + 1].start : len, least = items_end(c, i);

	while (end > least && is_space(text[end - 1]))
		end--;
	return end;
}

/* Where the text has no value of the key yet. */
static char *added(const char *text, size_t len, const struct gitconf *c, const char *key,
		   const struct strv *values)
{
	struct cut cut = { len, len, NULL };
	char *out;

	for (size_t i = c->nsection; i-- > 1;)
		if (is_section_of(&c->section[i], key)) {
			cut.start = cut.end = end_of(text, len, c, i);
			cut.with = values_text(key, values, "\n\t", "");
			/* The next header may stand on the same line. */
			if (text[cut.end] != '\0' && text[cut.end] != '\n' &&
			    !str_starts(text + cut.end, "\r\n")) {
				out = xasprintf("%s\n", cut.with);
				free(cut.with);
				cut.with = out;
			}
			out = apply(text, len, &cut, 1);
			free(cut.with);
			return out;
		}
	{
		FILE *f = open_text(&out, &len);

		fputs(text, f);
		if (*text != '\0' &&
		    (text[strlen(text) - 1] != '\n' || items_end(c, c->nsection - 1) == strlen(text)))
			putc('\n', f);
		put_header(f, key);
		for (size_t i = 0; i < values->n; i++) {
			putc('\t', f);
			put_item(f, key, values->v[i]);
			putc('\n', f);
		}
		fclose(f);
	}
	return out;
}

/* text: what does not end in the middle of a line that goes on. */
static char *set(const char *text, const char *key, const struct strv *values)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	size_t len = strlen(text), n = 0;
	struct cut *cut;
	char *out;

	if (strchr(key, '.') == NULL || gitconf_parse(text, len, &c, NULL) < 0)
		return NULL;
	cut = xcalloc(c.n + 1, sizeof(*cut));
	for (size_t i = 0; i < c.n; i++) {
		struct cut *at = &cut[n];

		if (!streq(c.item[i].key, key))
			continue;
		line_of(text, len, &c.item[i], &at->start, &at->end);
		if (n++ > 0 || values->n == 0)
			continue;
		/* A line that it shares with its header ends where it did. */
		at->with = at->start == c.item[i].start && at->start > 0 && text[at->start - 1] != '\n'
			       ? values_text(key, values, "\n\t", "")
			       : values_text(key, values, "\t", "\n");
	}
	if (n == 0) {
		free(cut);
		return values->n > 0 ? added(text, len, &c, key, values) : xstrdup(text);
	}
	out = apply(text, len, cut, n);
	free(cut[0].with);
	free(cut);
	return values->n > 0 ? out : without_bare(out, key);
}

char *gitconf_set(const char *text, const char *key, const struct strv *values)
{
	AUTO_FREE char *ended = NULL;
	size_t len = strlen(text);

	if (len == 0 || text[len - 1] != '\\')
		return set(text, key, values);
	ended = xasprintf("%s\n", text);
	return set(ended, key, values);
}

/* --- patterns */

static char folded(char c, bool fold)
{
	return fold ? lower((unsigned char)c) : c;
}

/* A set "[...]" at p; *ret_end is behind it. False too where it does not end. */
static bool in_set(const char *p, char c, bool fold, const char **ret_end)
{
	bool negated = p[1] == '!' || p[1] == '^', found = false;
	const char *s = p + 1 + negated;

	*ret_end = NULL;
	for (bool first = true; *s != '\0' && (*s != ']' || first); first = false) {
		char from = *s == '\\' && s[1] != '\0' ? *++s : *s, to = from;

		s++;
		if (*s == '-' && s[1] != '\0' && s[1] != ']') {
			s++;
			to = *s == '\\' && s[1] != '\0' ? *++s : *s;
			s++;
		}
		found |= folded(c, fold) >= folded(from, fold) && folded(c, fold) <= folded(to, fold);
	}
	if (*s != ']')
		return false;
	*ret_end = s + 1;
	return found != negated && c != '/';
}

static bool matches(const char *start, const char *p, const char *s, bool fold, unsigned *steps)
{
	for (; *p != '\0'; p++, s++) {
		const char *end;

		if (++*steps > MATCH_STEPS)
			return false;
		if (*p == '*') {
			bool deep =
			    p[1] == '*' && (p == start || p[-1] == '/') && (p[2] == '\0' || p[2] == '/');
			bool dir = deep && p[2] == '/';

			while (*p == '*')
				p++;
			/* "**" and its slash stand for no directory too. */
			if (dir && matches(start, p + 1, s, fold, steps))
				return true;
			for (;; s++) {
				if (matches(start, p, s, fold, steps))
					return true;
				if (*s == '\0' || (*s == '/' && !deep) || *steps > MATCH_STEPS)
					return false;
			}
		}
		if (*s == '\0')
			return false;
		if (*p == '[') {
			if (!in_set(p, *s, fold, &end))
				return false;
			p = end - 1;
		} else if (*p == '?') {
			if (*s == '/')
				return false;
		} else {
			if (*p == '\\' && p[1] != '\0')
				p++;
			if (folded(*p, fold) != folded(*s, fold))
				return false;
		}
	}
	return *s == '\0';
}

bool gitconf_match(const char *pattern, const char *text, bool fold_case)
{
	unsigned steps = 0;

	return strlen(pattern) <= GITCONF_NAME_MAX && matches(pattern, pattern, text, fold_case, &steps);
}
