/* SPDX-License-Identifier: MIT */
/*
 * Whose program is gone. One that has closed its socket looks like one that only says no more, and the box's kernel answers
 * for it for a minute; but it knows, and is asked when there is no room.
 */
#ifndef ORPHAN_H
#define ORPHAN_H

#include "egress/egress.h"

/* The box's end of fd, a connection that the box has made, belongs to no program any more. False: nobody knows. */
bool orphan_is(const struct egress *e, int fd);

#endif
