/* SPDX-License-Identifier: MIT */
/*
 * The sessions that run as this one starts, and write to the same trees. What came there since one of them began, and is
 * held in none of their boxes, may be that box's work: the end of that session judges it (appear.h). It is held here as all that is
 * found, but it is not the host's: nothing brings it back (hostsave.h).
 */
#ifndef BESIDE_H
#define BESIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include "policy.h"
#include "session.h"
#include "strv.h"
#include "unfinished.h"

struct beside_session {
	struct unfinished_mark mark;
	struct timespec since;
	bool told; /* said is what it told; else nothing is taken for its work */
	struct session said;
};

struct beside {
	struct beside_session *session; /* owned */
	size_t n;
	struct strv doubt; /* sorted; what this session holds, and may be another's work */
};

/* Adds those that run. Before the search and after it: one that ends between them has judged what the search saw. */
void beside_look(struct beside *b, const struct policy *p, char *const *env);
/* What is to be held is known: sets b->doubt. */
void beside_judge(struct beside *b, const struct policy *p);
void beside_say(const struct beside *b);
/* For those that start during this one (session_tell): when the oldest began of those it is bound up with, and what it holds. */
struct timespec beside_since(const struct beside *b, struct timespec since);
void beside_held(const struct beside *b, const struct policy *p, struct strv *ret);
void beside_done(struct beside *b);

#endif
