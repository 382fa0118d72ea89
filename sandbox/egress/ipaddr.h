/* SPDX-License-Identifier: MIT */
/*
 * IP addresses: one strict spelling, and what lies behind each range
 * (data/addrclasses.def). Pure: no system call, no allocation, no state.
 *
 * An IPv4 address in IPv6 clothes is what it leads to: ::ffff:a.b.c.d becomes
 * the IPv4 address when it is read, since connect(2) would do the same; the
 * NAT64, 6to4 and Teredo forms stay IPv6, and have the class HIDDEN when what is
 * inside is not public.
 */
#ifndef IPADDR_H
#define IPADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPADDR_TEXT 46 /* INET6_ADDRSTRLEN */

struct ipaddr {
	uint8_t bytes;	  /* 4 or 16; 0: no address */
	uint8_t byte[16]; /* network order; the rest is 0, so that memcmp compares */
};

/* PUBLIC is the only class that a name or a wildcard opens. */
enum ipaddr_class {
	IPADDR_UNKNOWN,
#define CLASS(id, name, words) IPADDR_##id,
#include "data/addrclasses.def"
#undef CLASS
	IPADDR_CLASSES
};

/* What is known of an address. */
struct ipaddr_about {
	enum ipaddr_class class;
	const char *name;    /* of the class: "private"; static */
	const char *meaning; /* of the class: "a private network"; static */
	const char *words;   /* of the row: "RFC 1918"; static */
	/*
	 * How long the prefix of an address rule must be to open it, in bits: a rule as narrow as
	 * the row opens private ranges, so that 10.0.0.0/8 does and 0.0.0.0/0 does not; metadata,
	 * loopback and the like need the very address; IPADDR_NEVER: no rule does. 0: public.
	 */
	uint8_t need;
	uint8_t bits; /* of the row */
};
#define IPADDR_NEVER 255

/*
 * Exactly n bytes of text. IPv4: four decimal numbers without leading zeros; IPv6: RFC 4291, no zone,
 * no brackets, n at most IPADDR_TEXT - 1. False, *ret untouched: anything else.
 */
bool ipaddr_parse(const char *text, size_t n, struct ipaddr *ret);
/* From what the kernel or a DNS answer has; bytes is 4 or 16. v4-mapped becomes IPv4. */
struct ipaddr ipaddr_of(const void *raw, size_t bytes);
/* The one spelling (RFC 5952), without brackets. Returns buf. */
const char *ipaddr_text(const struct ipaddr *a, char buf[IPADDR_TEXT]);
bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b);
/* Whether the first `bits` bits are the same, and the family. bits is at most 8 * a->bytes. */
bool ipaddr_under(const struct ipaddr *a, const struct ipaddr *prefix, unsigned bits);
/* The longest row of the table that holds the address. No address at all (bytes 0) is UNKNOWN, never opened. */
struct ipaddr_about ipaddr_about(const struct ipaddr *a);
/*
 * The IPv4 addresses that a public IPv6 address may lead to (NAT64, 6to4, Teredo), one a call: begin with *i = 0.
 * False: no more.
 */
bool ipaddr_inside(const struct ipaddr *a, size_t *i, struct ipaddr *ret);

#endif
