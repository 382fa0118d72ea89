/* SPDX-License-Identifier: MIT */
/*
 * Which layer refused an act, as far as what was seen tells it. A pure function of
 * the observation: no plan and no manifest is asked, so that a layer that does not
 * hold can't be named.
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include <stdbool.h>

struct evidence_seen {
	const char *id, *err, *step; /* of a denial; err "0": none */
	bool calibrated;  /* the row's arguments are such that an unfiltered kernel says something else */
	int landlock_abi; /* of this machine */
};

/* The layer, static, or NULL where the evidence does not tell. */
const char *evidence_layer(const struct evidence_seen *seen);

#endif
