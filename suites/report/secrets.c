/* SPDX-License-Identifier: MIT */
/* The secrets of an environment: told by the names of the variables, and by passwords in URLs. */
#include "report/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "strv.h"
#include "util.h"

/* The word as a whole, between underscores. */
static bool secrets_has_word(const char *name, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = name; (p = strcasestr(p, word)) != NULL; p++)
		if ((p == name || p[-1] == '_') && (p[n] == '_' || p[n] == '\0'))
			return true;
	return false;
}

bool secrets_is_name(const char *name)
{
	static const char *const parts[] = {
		"KEY", "TOKEN",	  "SECRET", "PASS",   "CRED",	 "AUTH",	   "COOKIE",
		"DSN", "PRIVATE", "JWT",    "BEARER", "WEBHOOK", "SERVICE_ACCOUNT"
	};
	/* Parts of other words: PATH, OLDPWD, DEFAULT. */
	static const char *const words[] = { "PAT", "PWD", "SALT", "SESSION" };
	static const char *const plain[] = { "PWD", "DESKTOP_SESSION" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcasestr(name, parts[i]) != NULL)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (streq(name, plain[i]))
			return false;
	/* The desktop's: its kind, its number, its bus. */
	if (str_starts(name, "XDG_") || str_starts(name, "DBUS_"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (secrets_has_word(name, words[i]))
			return true;
	return false;
}

static void secrets_add(struct strv *list, const char *text, size_t n)
{
	AUTO_FREE char *copy = xstrndup(text, n);

	if (n >= SECRETS_MIN)
		strv_add(list, copy);
}

/* The password in "user:password@host/path", also one with a slash in it. */
static void secrets_add_password(struct strv *list, const char *url)
{
	const char *at = memrchr(url, '@', strcspn(url, "/?# \t\n")), *colon;

	if (at == NULL)
		at = memrchr(url, '@', strcspn(url, " \t\n"));
	colon = at != NULL ? memchr(url, ':', (size_t)(at - url)) : NULL;
	if (colon != NULL)
		secrets_add(list, colon + 1, (size_t)(at - colon - 1));
}

/* "postgres://user:password@host/", whatever the name of the variable: all of it, and each password. */
static void secrets_add_urls(struct strv *list, const char *value)
{
	const char *p = strstr(value, "://");

	if (p == NULL || strchr(p, '@') == NULL)
		return;
	secrets_add(list, value, strlen(value));
	for (; p != NULL; p = strstr(p, "://")) {
		p += strlen("://");
		secrets_add_password(list, p);
	}
}

/* The value, and its lines: a part of a key is a part of the secret. */
static void secrets_add_value(struct strv *list, const char *value)
{
	secrets_add(list, value, strlen(value));
	for (const char *p = value; strchr(value, '\n') != NULL && *p != '\0';) {
		size_t n = strcspn(p, "\n");

		secrets_add(list, p, n);
		p += n + (p[n] == '\n');
	}
}

static int secrets_longer(const void *a, const void *b)
{
	size_t x = strlen(*(char *const *)a), y = strlen(*(char *const *)b);

	return (x < y) - (x > y);
}

void secrets_hide_all(struct report *r, char *const *env)
{
	AUTO_STRV struct strv list = { 0 };

	for (; *env != NULL; env++) {
		const char *eq = strchr(*env, '=');
		AUTO_FREE char *name = eq != NULL ? xstrndup(*env, (size_t)(eq - *env)) : NULL;

		if (name == NULL)
			continue;
		secrets_add_urls(&list, eq + 1);
		if (secrets_is_name(name))
			secrets_add_value(&list, eq + 1);
	}
	/* The longest first: the stars of a part would leave the rest of a whole. */
	if (list.n > 0)
		qsort(list.v, list.n, sizeof(*list.v), secrets_longer);
	for (size_t i = 0; i < list.n; i++)
		report_hide(r, list.v[i]);
}
