/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the URL of a proxy: what is taken is shown in a form that is taken again as the same place without a
 * login; what is refused is refused without a byte of it; a login is what a proxy would read, and no text that is shown
 * has it. As a list of hosts that are not behind it: each pattern is a rule.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "egress/hostrules.h"
#include "mem.h"
#include "proxyurl.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* "Basic " and whole groups of base64; never a line of its own. */
static void good_login(const char *auth)
{
	size_t n = strlen(auth);

	check(n > 6 && n < PROXYURL_AUTH && (n - 6) % 4 == 0 && str_starts(auth, "Basic "));
	check(strspn(auth + 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == n - 6);
}

static void good(const struct proxyurl *u)
{
	AUTO_FREE char *place = proxyurl_place(u), *shown = proxyurl_shown(u);
	struct proxyurl again;

	check(u->port != 0 && u->host.kind != HOSTNAME_NONE);
	check(proxyurl_parse(place, &again) == NULL && again.auth[0] == '\0');
	check(hostname_equal(&u->host, &again.host) && u->port == again.port);
	if (u->auth[0] != '\0')
		good_login(u->auth);
	check((strchr(shown, '@') != NULL) == (u->auth[0] != '\0'));
}

/* What follows the last @ of a URL is its place: nothing before it is left. */
static void good_hiding(const char *text)
{
	AUTO_FREE char *copy = xstrdup(text);
	char *at;

	proxyurl_hide_value(copy);
	check(strlen(copy) == strlen(text));
	at = strrchr(copy, '@');
	if (at == NULL)
		return;
	check(streq(at, strrchr(text, '@')));
	for (char *p = at; p > copy && p[-1] != '/'; p--)
		check(p[-1] == '*');
}

static void good_list(const char *text)
{
	AUTO_STRV struct strv patterns = { 0 }, odd = { 0 };
	struct hostname_fault f;

	proxyurl_direct(text, &patterns, &odd);
	for (size_t i = 0; i < patterns.n; i++)
		check(hostrules_check(HOSTRULES_ALLOW, patterns.v[i], strlen(patterns.v[i]), &f) == 0);
	for (size_t i = 0; i < odd.n; i++)
		check(odd.v[i][0] != '\0' && strpbrk(odd.v[i], ", \t") == NULL &&
		      strstr(text, odd.v[i]) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = NULL;
	struct proxyurl u;
	const char *why;

	if (size > 2000)
		return 0;
	text = xmalloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	why = proxyurl_parse(text, &u);
	check(why == NULL || strlen(why) > 0);
	if (why == NULL) {
		good(&u);
		good_hiding(text);
	}
	good_list(text);
	return 0;
}
