/* SPDX-License-Identifier: MIT */
/*
 * A walk of the bound trees for what a bind can't keep out: sockets and FIFOs
 * (a mount doesn't stop connecting or writing), what the `mask` setting names,
 * setuid files, mounts of the kernel's own file systems, and directories that
 * can't be searched for these. Breadth first, bounded in time; big generated
 * trees last.
 */
#ifndef SCAN_H
#define SCAN_H

#include "compose.h"
#include "diag.h"
#include "policy.h"

struct scan {
	struct compose_found found; /* owned */
	bool incomplete;	    /* the time ran out first */
	size_t entries;		    /* looked at */
};

/*
 * mounts: the text of mountinfo. milliseconds: how long it may take; 0: no limit.
 * 0 or -errno with *d set: where `mask` names something and a directory that the
 * box could open can't be searched. scan_done releases *ret after both.
 */
int scan_trees(const struct policy *policy, const char *mounts, unsigned milliseconds, struct scan *ret,
	       struct diag *d);
void scan_done(struct scan *s);

#endif
