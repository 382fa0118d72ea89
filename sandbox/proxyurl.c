/* SPDX-License-Identifier: MIT */
#include "proxyurl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "egress/hostrules.h"
#include "mem.h"
#include "util.h"

#define DEFAULT_PORT 80
#define EXAMPLE	     "[USER:PASSWORD@]" /* in messages of ours */
#define NO_PROXYURL  "not http://" EXAMPLE "HOST[:PORT]"
#define WORD_ENDS    " \t\r\n\""

/* --- the URL */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 is A. -1: none; else the number of bytes. */
static int unescape(const char *text, size_t n, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		/* Where it is shown in a text, it would not be known for one. */
		if (strchr(WORD_ENDS, c) != NULL)
			return -1;
		if (c == '%') {
			if (i + 2 >= n || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
				return -1;
			c = (unsigned char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
			i += 2;
		}
		if (c < ' ' || c == 0x7f || len == size)
			return -1;
		out[len++] = (char)c;
	}
	return (int)len;
}

static void base64(const char *in, size_t n, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *b = (const uint8_t *)in;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0) |
			     (i + 2 < n ? b[i + 2] : 0u);

		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		*out++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*out++ = i + 2 < n ? digits[v & 63] : '=';
	}
	*out = '\0';
}

static const char *parse_login(const char *text, size_t n, struct proxyurl *ret)
{
	const char *colon = memchr(text, ':', n);
	size_t user = colon != NULL ? (size_t)(colon - text) : n;
	char login[PROXYURL_LOGIN];
	int a, b = 0;

	if (n >= 3 && strspn(text, "*") >= n)
		return "its login was left out where this was copied from";
	if (memchr(text, '@', n) != NULL)
		return "an @ of the login is written %40";
	a = unescape(text, user, login, sizeof(login) - 1);
	/* The other side would take what is behind it for the password. */
	if (a >= 0 && memchr(login, ':', (size_t)a) != NULL)
		return "the user's name has a colon, which no proxy can tell from the one before the "
		       "password";
	if (a >= 0)
		login[a] = ':';
	if (a >= 0 && colon != NULL)
		b = unescape(colon + 1, n - user - 1, login + a + 1, sizeof(login) - (size_t)a - 1);
	if (a < 0 || b < 0)
		return "the login is none: a % and two digits for what is no letter, digit or -._~, no "
		       "blanks, quotes or control characters, at most 511 bytes";
	memcpy(ret->auth, "Basic ", 6);
	base64(login, (size_t)(a + 1 + b), ret->auth + 6);
	explicit_bzero(login, sizeof(login));
	return NULL;
}

static const char *parse_scheme(const char *url, size_t n)
{
	if (n == 4 && strncasecmp(url, "http", n) == 0)
		return NULL;
	if (n == 5 && strncasecmp(url, "https", n) == 0)
		return "a proxy that is spoken to by TLS (https://) can't be used, only one by http://, "
		       "which is "
		       "the usual one for https:// hosts as well";
	if (n >= 5 && strncasecmp(url, "socks", 5) == 0)
		return "a SOCKS proxy can't be used, only one for HTTP (http://)";
	return NO_PROXYURL;
}

bool proxyurl_is_none(const char *url)
{
	return strcasecmp(url, PROXYURL_NONE) == 0;
}

const char *proxyurl_parse(const char *url, struct proxyurl *ret)
{
	const char *sep = strstr(url, "://"), *at, *why;
	size_t n;

	*ret = (struct proxyurl){ .port = DEFAULT_PORT };
	why = sep != NULL ? parse_scheme(url, (size_t)(sep - url)) : NULL;
	if (why != NULL)
		return why;
	if (sep != NULL)
		url = sep + 3;
	n = strcspn(url, "/?#");
	if (url[n] != '\0' && !streq(url + n, "/"))
		return "a proxy has no path; a / ? or # of the login is written %2F, %3F, %23";
	at = memrchr(url, '@', n);
	why = at != NULL ? parse_login(url, (size_t)(at - url), ret) : NULL;
	if (why != NULL)
		return why;
	if (at != NULL) {
		n -= (size_t)(at + 1 - url);
		url = at + 1;
	}
	/* Its reasons have no word of the text. */
	if (!hostname_parse_authority(url, n, &ret->host, &ret->port, NULL))
		return NO_PROXYURL;
	if (ret->port == 0)
		ret->port = DEFAULT_PORT;
	return NULL;
}

char *proxyurl_place(const struct proxyurl *u)
{
	bool brackets = u->host.kind == HOSTNAME_ADDR && u->host.addr.bytes == 16;

	return xasprintf("%s%s%s:%u", brackets ? "[" : "", u->host.text, brackets ? "]" : "", u->port);
}

char *proxyurl_shown(const struct proxyurl *u)
{
	AUTO_FREE char *place = proxyurl_place(u);

	return xasprintf("http://%s%s", u->auth[0] != '\0' ? "***@" : "", place);
}

void proxyurl_hide(char *text)
{
	static const char option[] = "--upstream=";
	size_t n;

	for (char *word = text; *word != '\0'; word += n + (word[n] != '\0')) {
		char *from = word, *at, *sep;

		n = strcspn(word, WORD_ENDS);
		at = memrchr(word, '@', n);
		if (at == NULL)
			continue;
		if (str_starts(word, option))
			from += sizeof(option) - 1;
		sep = memmem(from, (size_t)(at - from), "://", 3);
		/* What has no scheme and no password is a package or an address of mail. */
		if (sep == NULL && memchr(from, ':', (size_t)(at - from)) == NULL)
			continue;
		from = sep != NULL ? sep + 3 : from;
		if (at - from == sizeof(EXAMPLE) - 3 && str_starts(from, EXAMPLE))
			continue;
		memset(from, '*', (size_t)(at - from));
	}
}

void proxyurl_hide_value(char *text)
{
	char *from = text, *at = NULL;

	if (strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0)
		from += strcspn(text, "/") + 2;
	for (char *p = from; *p != '\0'; p++)
		if (*p == '@' || strncasecmp(p, "\\u0040", 6) == 0)
			at = p;
	if (at != NULL)
		memset(from, '*', (size_t)(at - from));
}

/* --- NO_PROXY */

/* An address that no rule opens is reached neither way. */
static void add_pattern(struct strv *patterns, char *pattern)
{
	struct hostname_fault fault;

	if (hostrules_check(HOSTRULES_ALLOW, pattern, strlen(pattern), &fault) == 0)
		strv_take(patterns, pattern);
	else
		free(pattern);
}

static bool add_network(const char *entry, size_t n, struct strv *patterns)
{
	bool bare = entry[0] != '[' && memchr(entry, ':', n) != NULL;
	AUTO_FREE char *pattern = xasprintf("%s%.*s%s:*", bare ? "[" : "", (int)n, entry, bare ? "]" : "");
	struct hostname_fault fault;

	if (hostrules_check(HOSTRULES_DENY, pattern, strlen(pattern), &fault) < 0)
		return false;
	add_pattern(patterns, TAKE_PTR(pattern));
	return true;
}

/* One entry: a name stands for all that is below it, too. False: it is none. */
static bool add_entry(const char *entry, size_t n, struct strv *patterns)
{
	struct hostname h;
	uint16_t number = 0;
	char port[8] = "*";
	size_t skip = n > 2 && entry[0] == '*' && entry[1] == '.' ? 2 : n > 1 && entry[0] == '.' ? 1 : 0;
	bool v6;

	entry += skip;
	n -= skip;
	if (memchr(entry, '/', n) != NULL)
		return add_network(entry, n, patterns);
	if (!hostname_parse_authority(entry, n, &h, &number, NULL) &&
	    !hostname_parse(entry, n, true, &h, NULL))
		return false;
	if (number > 0)
		snprintf(port, sizeof(port), "%u", number);
	v6 = h.kind == HOSTNAME_ADDR && h.addr.bytes == 16;
	add_pattern(patterns, xasprintf("%s%s%s:%s", v6 ? "[" : "", h.text, v6 ? "]" : "", port));
	if (h.kind == HOSTNAME_NAME)
		add_pattern(patterns, xasprintf("*.%s:%s", h.text, port));
	return true;
}

bool proxyurl_direct(const char *list, struct strv *patterns, struct strv *odd)
{
	bool all = false;

	while (*list != '\0') {
		size_t n = strcspn(list, ", \t");

		if (n == 1 && *list == '*')
			all = true;
		else if (n > 0 && !add_entry(list, n, patterns))
			strv_take(odd, xstrndup(list, n));
		list += n;
		list += *list != '\0';
	}
	return all;
}
