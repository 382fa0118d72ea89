/* SPDX-License-Identifier: MIT */
/*
 * A walk of the writable trees for what a bind can't keep out: sockets and
 * FIFOs (a mount doesn't stop connecting or writing), and what the `mask`
 * setting names. Breadth first, bounded in time; big generated trees last.
 */
#ifndef SCAN_H
#define SCAN_H

#include "compose.h"
#include "policy.h"

struct scan {
	struct compose_found found; /* owned */
	bool incomplete;	    /* the time ran out first */
	size_t entries;		    /* looked at */
};

/*
 * Never fails: what can't be read can't be reached inside either (same uid).
 * milliseconds: how long it may take; 0: no limit.
 */
void scan_trees(const struct policy *policy, unsigned milliseconds, struct scan *ret);
void scan_done(struct scan *s);

#endif
