/* SPDX-License-Identifier: MIT */
/*
 * The one parser of host names, for every path: DNS questions, SNI, Host, CONNECT,
 * SOCKS, patterns, answers' targets. Pure: no system call, no allocation, no state.
 *
 * What two parsers could read in two ways is refused, not repaired: a byte outside
 * letters, digits, hyphen, underscore and dot (so NUL, CR, LF, space, percent, at,
 * colon, slash, and all that is not ASCII: such names come as A-labels, xn--...), an
 * empty label, one that begins or ends with a hyphen, more than 63 bytes in a label or 253
 * in all; and every name whose last label is a number, decimal or 0x (WHATWG URL, "ends
 * in a number": inet_aton would read an address there), except four plain decimal
 * numbers, which are an address. Upper case becomes lower, one dot at the end goes.
 */
#ifndef HOSTNAME_H
#define HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/ipaddr.h"

#define HOSTNAME_MAX 253

enum hostname_kind { HOSTNAME_NONE, HOSTNAME_NAME, HOSTNAME_ADDR };

struct hostname {
	enum hostname_kind kind;
	uint8_t len;		     /* of text */
	char text[HOSTNAME_MAX + 1]; /* the one spelling; of an address as ipaddr_text, no brackets */
	struct ipaddr addr;	     /* of HOSTNAME_ADDR */
};

/* Why a text is no host, and at which byte. */
struct hostname_fault {
	size_t at;
	const char *why; /* static, "an empty label"; made to stand behind "HOST: " */
};

/*
 * Exactly n bytes of text: a name or an IPv4 address; an IPv6 address in brackets, or as `bare_v6` without (SNI and
 * SOCKS have no brackets). False: *f says why, *ret is zeroed. f may be NULL.
 */
bool hostname_parse(const char *text, size_t n, bool bare_v6, struct hostname *ret, struct hostname_fault *f);
/*
 * HOST or HOST:PORT, as in CONNECT, Host and a URL's authority (no userinfo). *ret_port is 0 where no port
 * stands; a port is 1 to 65535 without leading zeros. "HOST:" is refused.
 */
bool hostname_parse_authority(const char *text, size_t n, struct hostname *ret, uint16_t *ret_port,
			      struct hostname_fault *f);
/* A decimal number from min to max without leading zeros or sign: a port, a prefix length, a Content-Length. */
bool hostname_number(const char *text, size_t n, uint64_t min, uint64_t max, uint64_t *ret);
/* The address as a host. */
struct hostname hostname_of_addr(const struct ipaddr *a);
bool hostname_equal(const struct hostname *a, const struct hostname *b);
/* Whether a program that says so means the machine that it runs on: for one inside, the box. */
bool hostname_is_loopback(const struct hostname *h);

#endif
