/* SPDX-License-Identifier: MIT */
/*
 * Leaving names out. One pass from left to right; at each place the longest
 * name that fits there is taken, and what was put in its place is not looked
 * at again: the result does not depend on the order of the names.
 */
#include "report/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

/* Shorter ones are words of some language, wherever they stand. */
#define REDACT_SHORT 3

static bool redact_is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

static bool redact_is_public(enum redact_kind kind, const char *text)
{
	static const char *const words[] = { "root", "user", "nobody", "localhost", "claude" };

	if (kind == REDACT_PATH)
		return text[0] != '/' || text[1] == '\0';
	for (size_t i = 0; kind == REDACT_WORD && i < ARRAY_SIZE(words); i++) {
		if (streq(text, words[i]))
			return true;
	}
	return text[0] == '\0';
}

void redact_add(struct redact_names *names, enum redact_kind kind, const char *token, const char *text)
{
	struct redact_name new = { .kind = kind, .token = token };
	size_t at = 0, len;

	if (text == NULL || redact_is_public(kind, text))
		return;
	len = strlen(text);
	while (kind == REDACT_PATH && len > 1 && text[len - 1] == '/')
		len--;
	for (size_t i = 0; i < names->n; i++) {
		if (names->name[i].kind == kind && strlen(names->name[i].text) == len &&
		    strncmp(names->name[i].text, text, len) == 0)
			return;
	}
	new.text = xstrndup(text, len);
	new.common = kind == REDACT_WORD &&len < REDACT_SHORT;
	names->name = xrealloc_array(names->name, names->n + 1, sizeof(*names->name));
	while (at < names->n && strlen(names->name[at].text) >= len)
		at++;
	memmove(names->name + at + 1, names->name + at, (names->n - at) * sizeof(*names->name));
	names->name[at] = new;
	names->n++;
}

/* What stands at text[at] is the name as a whole word. */
static bool redact_is_word(const char *text, size_t at, const char *name, bool any_case)
{
	size_t n = strlen(name);

	return (any_case ? strncasecmp : strncmp)(text + at, name, n) == 0 &&
	       (at == 0 || !redact_is_name_char(text[at - 1])) && !redact_is_name_char(text[at + n]);
}

void redact_vocabulary(struct redact_names *names, const char *text)
{
	for (size_t i = 0; text != NULL && i < names->n; i++) {
		struct redact_name *n = &names->name[i];

		for (size_t at = 0; n->kind == REDACT_WORD && !n->common && text[at] != '\0'; at++)
			n->common = redact_is_word(text, at, n->text, true);
	}
}

/* A word of the report stands for the name only at "@" or "=", in quotes, or alone. */
static bool redact_is_meant(const char *text, size_t at, size_t n)
{
	char before = at > 0 ? text[at - 1] : '\0', after = text[at + n];

	return (before == '\0' && after == '\0') || before == '@' || after == '@' || before == '=' ||
	       (before == after && strchr("'\"`", before) != NULL);
}

static bool redact_fits(const struct redact_name *n, const char *text, size_t at)
{
	size_t len = strlen(n->text);

	switch (n->kind) {
	case REDACT_ID:
		return strncmp(text + at, n->text, len) == 0;
	case REDACT_WORD:
		return redact_is_word(text, at, n->text, false) &&
		       (!n->common || redact_is_meant(text, at, len));
	case REDACT_PATH:
		/* "/a" is neither in "x/a" nor in "/ab"; a dot may end a sentence. */
		return strncmp(text + at, n->text, len) == 0 &&
		       (at == 0 || (!redact_is_name_char(text[at - 1]) && text[at - 1] != '.')) &&
		       !redact_is_name_char(text[at + len]) &&
		       !(text[at + len] == '.' && redact_is_name_char(text[at + len + 1]));
	}
	return false;
}

/* Behind these comes a person's name, whoever it is. */
static size_t redact_parent(const char *text)
{
	static const char *const parents[] = { "/home/",  "/Users/",	"\\Users\\",	    "/run/media/",
					       "/media/", "/var/mail/", "/var/spool/mail/", "/crontabs/" };

	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		if (str_starts(text, parents[i]) && redact_is_name_char(text[strlen(parents[i])]))
			return strlen(parents[i]);
	}
	return 0;
}

/* Writes what stands for text[at...], if something does; returns how much of it that is. */
static size_t redact_one(const struct redact_names *names, const char *text, size_t at, FILE *f)
{
	size_t n;

	for (size_t i = 0; i < names->n; i++) {
		if (!redact_fits(&names->name[i], text, at))
			continue;
		fputs(names->name[i].token, f);
		return strlen(names->name[i].text);
	}
	n = redact_parent(text + at);
	if (n == 0)
		return 0;
	fprintf(f, "%.*s<user>", (int)n, text + at);
	return n + strcspn(text + at + n, "/\\ \t\n\"'`,;:()<>|");
}

char *redact_text(const struct redact_names *names, const char *text)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		mem_oom();
	for (size_t at = 0; text[at] != '\0';) {
		size_t n = redact_one(names, text, at, f);

		if (n == 0)
			putc(text[at++], f);
		at += n;
	}
	if (fclose(f) != 0)
		mem_oom();
	return out;
}

void redact_done(struct redact_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i].text);
	free(names->name);
	*names = (struct redact_names){ 0 };
}
