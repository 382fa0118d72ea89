/* SPDX-License-Identifier: MIT */
/* Sockets and FIFOs that came into the writable trees while a session ran: nothing masked them. */
#ifndef ARRIVED_H
#define ARRIVED_H

#include <time.h>

#include "account.h"
#include "policy.h"

/*
 * fd: of the first n writable trees (policy_is_tree), in the order of p->entry; copies are used. since: of inodetime_after(), when
 * the command was let go. Says at most one line for each tree. Bounded.
 */
void arrived_say(struct account *a, const struct policy *p, const int *fd, size_t n, struct timespec since);

#endif
