/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a host: what is taken has one spelling, which is taken again as the same; a name is none that the
 * C library would read as an address, and has nothing in it that the input has not.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "egress/hostname.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void good(const char *text, size_t n, const struct hostname *h)
{
	struct hostname again;
	struct ipaddr addr;
	struct in_addr lax;

	check(h->len > 0 && h->len == strlen(h->text) && h->len <= HOSTNAME_MAX);
	if (h->kind == HOSTNAME_ADDR) {
		check(ipaddr_parse(h->text, h->len, &addr) && ipaddr_equal(&addr, &h->addr));
		check(ipaddr_about(&addr).class != IPADDR_UNKNOWN);
		return;
	}
	check(h->kind == HOSTNAME_NAME && inet_aton(h->text, &lax) == 0);
	check(hostname_parse(h->text, h->len, true, &again, NULL) && hostname_equal(h, &again));
	check(n == h->len || (n == h->len + 1u && text[h->len] == '.'));
	for (size_t i = 0; i < h->len; i++)
		check(h->text[i] == tolower((unsigned char)text[i]) &&
		      strchr("/@:[]%*? \\", h->text[i]) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xmemdup(data, size > 0 ? size : 1);
	struct hostname_fault f = { .at = SIZE_MAX };
	struct hostname bare, h, auth;
	uint16_t port = 0;
	bool is_bare, is_host, is_auth;

	if (size == 0 || size > 600)
		return 0;
	is_bare = hostname_parse(text, size, true, &bare, NULL);
	is_host = hostname_parse(text, size, false, &h, &f);
	check(is_host || (f.at <= size && f.why != NULL && h.kind == HOSTNAME_NONE && h.text[0] == '\0'));
	if (is_bare)
		good(text, size, &bare);
	if (is_host) {
		good(text, size, &h);
		check(is_bare && hostname_equal(&h, &bare));
	}
	is_auth = hostname_parse_authority(text, size, &auth, &port, &f);
	check(is_auth || (f.at <= size && auth.kind == HOSTNAME_NONE));
	/* Without a port it is the host itself; with one, what is before the last colon. */
	check(!is_host || (is_auth && port == 0 && hostname_equal(&auth, &h)));
	if (is_auth && port > 0) {
		size_t colon = (size_t)((char *)memrchr(text, ':', size) - text);

		check(hostname_parse(text, colon, false, &h, NULL) && hostname_equal(&auth, &h));
	}
	return 0;
}
