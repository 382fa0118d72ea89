/* SPDX-License-Identifier: MIT */
/*
 * What came of the connections, for the launcher's summary: in memory that both have, of a fixed size, so that it is
 * there as well when this process was killed. Hosts that find no room in it are counted.
 *
 * Who runs inside chooses the hosts and their order: cheap ones are not to hide another. Where no room is left,
 *   of the hosts that were reached one that something is sent to takes the place of the one with the least weight, and
 *   its weight: what was sent to it, and that of the one before. So a host has its row unless as much was sent to each
 *   of EGRESS_ROWS others ("space saving": Metwally, Agrawal, El Abbadi, 2005);
 *   of those that were refused a connection takes the place of a name that was only asked for.
 * Neither side takes room of the other.
 */
#ifndef TALLY_H
#define TALLY_H

#include "egress/egress.h"

/* Maps it; the descriptor is closed. Before the process confines itself. */
int tally_open(struct egress *e, struct diag *d);
/* Where a connection counts; zeroed: nowhere but in the sum. */
struct tally_place {
	struct egress_row *row; /* NULL: there was no room */
	uint64_t taken;		/* the row's, when it was this host's */
	bool reached;
};

/* A connection more to that host, "NAME:PORT". */
struct tally_place tally_reached(struct egress *e, const char *host);
/* Its bytes. False: something was sent, and the host has no row (any more): tally_again. */
bool tally_bytes(struct egress *e, const struct tally_place *place, uint64_t sent, uint64_t received);
/* Behind tally_bytes that said so: the bytes are the host's, who takes the place of another. */
void tally_again(struct egress *e, struct tally_place *place, const char *host, uint64_t sent,
		 uint64_t received);
/*
 * One refusal more, of a connection to "NAME:PORT" or, name, of "NAME" that was only asked for; NULL: there is no room
 * for it. `why` counts the first time.
 */
struct egress_row *tally_refused(struct egress *e, const char *host, bool name, const char *why);
/* As a report names it: from 1 on; 0: none. */
uint64_t tally_number(const struct egress *e, enum egress_side side, const struct egress_row *row);

#endif
