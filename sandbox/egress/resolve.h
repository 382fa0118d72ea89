/* SPDX-License-Identifier: MIT */
/*
 * What a name's addresses are, asked from this machine: its /etc/hosts, read once, and its name servers, by c-ares;
 * of other ones the launcher tells.
 * Answers are kept for their time to live, within bounds. Only names that policy allows come here.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>

#include "diag.h"
#include "egress/hostname.h"
#include "egress/ipaddr.h"

#define RESOLVE_ADDRESSES 16  /* kept of a name; one that has more is reached by these */
#define RESOLVE_AT_ONCE	  512 /* lookups under way */
#define RESOLVE_CROWD	  64  /* of more than so many a server may leave some without an answer */

enum resolve_status {
	RESOLVE_FAILED,	 /* no server answered, or none could be asked */
	RESOLVE_BUSY,	 /* likewise, and so many were asked for beside it that it says nothing of the name */
	RESOLVE_NO_NAME, /* there is no such name */
	RESOLVE_OK	 /* there is; it may have no address */
};

struct resolved {
	enum resolve_status status;
	size_t n;
	struct ipaddr address[RESOLVE_ADDRESSES];
	uint64_t until; /* ms */
};

typedef void resolve_done(void *arg, const struct resolved *r);

struct resolve;

/* Opens what it needs: before the process confines itself. NULL with a message. */
struct resolve *resolve_new(struct event_base *base, struct diag *d);
/* Calls `done` once, perhaps before it returns. */
void resolve_name(struct resolve *r, const struct hostname *name, resolve_done *done, void *arg);
/* Others are asked from now on, also what is under way; what is known is forgotten. A status of c-ares, 0: done. */
int resolve_servers(struct resolve *r, const struct ipaddr *server, size_t n);
/* The domains that this machine's names may lie in, as resolv.conf had them. */
size_t resolve_domains(const struct resolve *r);
const char *resolve_domain(const struct resolve *r, size_t i);
/* Milliseconds of a clock that only goes forward. */
uint64_t resolve_now(void);

#endif
