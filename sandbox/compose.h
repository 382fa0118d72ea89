/* SPDX-License-Identifier: MIT */
/* From policy to plan: the only place that decides the order of operations. No I/O. */
#ifndef COMPOSE_H
#define COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include "diag.h"
#include "filter.h"
#include "plan.h"
#include "policy.h"

/* One thing inside a bound tree that isn't shown as it is: a match of `mask`, a socket, a setuid file, ... */
struct compose_mask {
	char *path; /* owned by whoever made the list; absolute, resolved */
	bool is_dir;
	bool closed;	/* can't even be opened (sockets, FIFOs); else empty */
	bool read_only; /* not masked: shown, but takes no writes */
	bool pinned;	/* found by its path: no directory above it may be renamed */
	char *why;	/* likewise owned */
};
struct compose_found {
	struct compose_mask *mask;
	size_t n;
};

/*
 * Makes the plan of a policy. filter: the program, NULL only when the policy
 * wants none. found: what a walk of the writable trees turned up, NULL: nothing.
 * The caller releases *ret with plan_done.
 */
int compose_plan(const struct policy *policy, const struct filter *filter, const struct compose_found *found,
		 struct plan *ret, struct diag *d);

/*
 * What a walk found after the start, as operations for the live box: the policy's entries and pins from these numbers
 * on, and found. What protects comes first, and is carried along by the pins: who had a directory open before still
 * meets it. The caller releases *ret with plan_done.
 */
void compose_late(const struct policy *policy, size_t entry, size_t pin, const struct compose_found *found,
		  struct plan *ret);

#endif
