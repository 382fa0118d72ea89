/* SPDX-License-Identifier: MIT */
/*
 * The URL of a proxy outside, as --upstream, network.upstream and the caller's HTTPS_PROXY have it, and the list of
 * hosts that are reached without it (NO_PROXY). What two programs could read in two ways is refused. No system call.
 */
#ifndef PROXYURL_H
#define PROXYURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/hostname.h"
#include "strv.h"

#define PROXYURL_NONE  "none" /* in place of a URL: no proxy, whatever the environment says */
#define PROXYURL_LOGIN 512    /* bytes of "user:password" */
#define PROXYURL_AUTH  (sizeof("Basic ") + (PROXYURL_LOGIN + 2) / 3 * 4)

struct proxyurl {
	struct hostname host;
	uint16_t port;
	char auth[PROXYURL_AUTH]; /* a secret: what goes behind "Proxy-Authorization: "; empty: no login */
};

/*
 * [http://][user:password@]host[:port][/]; without a port 80. NULL, or what is wrong with it: words without a byte of
 * it, as a login may stand anywhere in it.
 */
const char *proxyurl_parse(const char *url, struct proxyurl *ret);
/* In whatever case: nobody has a proxy of that name. */
bool proxyurl_is_none(const char *url);
/* "proxy.example:3128", "[2001:db8::1]:3128": never the login. Owned. */
char *proxyurl_place(const struct proxyurl *u);
/* The same as a URL, in which "***" stands for a login. Owned. */
char *proxyurl_shown(const struct proxyurl *u);
/* Overwrites what may be the login of a URL in a text that is to be shown: what stands in a word before an @. */
void proxyurl_hide(char *text);
/* The same in a text that begins with a URL: all before the last @, whatever is in it, also where JSON writes it \u0040. */
void proxyurl_hide_value(char *text);

/*
 * NO_PROXY: names with all below them, addresses, networks, with or without a port, as patterns of hostrules.h. Adds to
 * *patterns; entries that are none of these to *odd. True: everything is reached without a proxy ("*").
 */
bool proxyurl_direct(const char *list, struct strv *patterns, struct strv *odd);

#endif
