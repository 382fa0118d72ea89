/* SPDX-License-Identifier: MIT */
/*
 * What came of the connections, for the launcher's summary: in memory that both have, of a fixed size, so that it is
 * there as well when this process was killed. Hosts that find no room in it are counted.
 */
#ifndef TALLY_H
#define TALLY_H

#include "egress/egress.h"

/* Maps it; the descriptor is closed. Before the process confines itself. */
int tally_open(struct egress *e, struct diag *d);
/* One time more for that host, "NAME:PORT"; NULL: there is no room for it. `why` counts the first time. */
struct egress_row *tally_host(struct egress *e, enum egress_side side, const char *host, const char *why);
/* Bytes of a connection; row may be NULL. */
void tally_bytes(struct egress *e, struct egress_row *row, uint64_t sent, uint64_t received);
/* As a report names it: from 1 on; 0: none. */
uint64_t tally_number(const struct egress *e, enum egress_side side, const struct egress_row *row);

#endif
