/* SPDX-License-Identifier: MIT */
/*
 * Synthetic addresses: each name that the box may resolve gets one of IPv4 and one of IPv6, which mean nothing but
 * that name. So the listener knows which name a connection is for. A bounded table; a name keeps its address while
 * a connection or an answer's time to live needs it, and as long as there is room. No system call.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/hostname.h"
#include "egress/ipaddr.h"

#define NAMES_MAX	 32768 /* names at once */
#define NAMES_PER_SECOND 2000  /* new ones; a burst may be so large, too */
#define NAMES_TTL	 60    /* seconds: what answers say */

struct name {
	struct hostname host; /* kind NAME; text is what counts */
	uint32_t index;	      /* in the table, and so its addresses */
	uint32_t used;	      /* by connections */
	uint64_t until;	      /* ms: an answer may be remembered so long */
	uint64_t unasked;     /* ms: until then its name server, which gave no answer, is not asked again */
	struct name *next;    /* with the same hash */
	struct name *newer, *older;
};

struct names {
	struct name **at;   /* owned, by index; NAMES_MAX of room, filled as names come */
	struct name **slot; /* owned, by hash */
	uint32_t n;
	struct name *newest, *oldest;
	double tokens; /* of new names */
	uint64_t filled;
};

/* Dies on exhaustion. */
void names_init(struct names *t);
void names_done(struct names *t);
/* The entry of the name, made if it has none. NULL: too many in a second, or every address is needed. */
struct name *names_give(struct names *t, const struct hostname *host, uint64_t now_ms);
/* Its entry, if it has one. */
struct name *names_known(const struct names *t, const struct hostname *host);
/* Whose address it is. NULL: nobody's; *ret_synthetic says whether it is one of ours at all. */
struct name *names_find(struct names *t, const struct ipaddr *a, bool *ret_synthetic);
struct ipaddr names_address(const struct name *n, bool ip6);

#endif
