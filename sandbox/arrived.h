/* SPDX-License-Identifier: MIT */
/* Sockets and FIFOs that came into the project while a session ran: nothing masked them. */
#ifndef ARRIVED_H
#define ARRIVED_H

#include <time.h>

/* project: a descriptor, of which a copy is used; since: when the session began. Says one line, or none. Bounded. */
void arrived_say(int project, struct timespec since);

#endif
