/* SPDX-License-Identifier: MIT */
/*
 * From pipe to pipe without a copy (splice(2), tee(2)). A pipe of the caller's that went into the box itself could be opened
 * there anew, by /proc/self/fd, for the other direction: a script that a shell reads from its standard input could be
 * written to, and what the launcher says be taken away.
 */
#ifndef RELAYPIPE_H
#define RELAYPIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The caller's standard input. What the box has not read stays in it, for who reads on behind it. */
struct relaypipe {
	int edge;	/* owned: ready once more has come */
	int scratch[2]; /* owned */
	int null;	/* owned: always ready */
	size_t given;	/* bytes that lie in ours and still in the caller's */
	bool told;	/* by SIGIO, when ours is read */
	enum { RELAYPIPE_COMES, RELAYPIPE_READS, RELAYPIPE_GOES_ON } waits;
};

/* from: the caller's; to: ours, of which it sets the size. 0; -errno. */
int relaypipe_open(struct relaypipe *p, int from, int to);
/* Gives on what there is, once. 1: there may be more; 0: the end; -1 with EAGAIN: nothing now. Never waits. */
int relaypipe_give(struct relaypipe *p, int from, int to);
/* What the next one waits for: a descriptor, and its events for poll(2); and SIGIO, which is to be blocked. */
int relaypipe_waits(const struct relaypipe *p, int to, short *ret_events);
/* Takes from the caller's what was read of ours, by the descriptor rest. Closes what is owned. */
void relaypipe_done(struct relaypipe *p, int from, int rest);

/* Output: from ours to the caller's, the bytes, 0 or -1 as above. *ret_full: it is the caller's reader that is waited for. */
ssize_t relaypipe_move(int from, int to, bool *ret_full);

#endif
