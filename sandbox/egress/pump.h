/* SPDX-License-Identifier: MIT */
/*
 * Bytes from one socket to another, without coming to us: splice(2) through a pipe. A pipe is held only while bytes
 * are in it. The pool is bounded, as each user has a quota of pipe pages; without a pipe the bytes are copied.
 */
#ifndef PUMP_H
#define PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PUMP_PIPES     128
#define PUMP_BIG       8 /* of these are large: a few fast streams gain by it */
#define PUMP_UNLIMITED UINT64_MAX

struct pump_pipes {
	int fd[PUMP_PIPES][2]; /* owned; 0 0: not made yet */
	uint8_t free[PUMP_PIPES];
	unsigned nfree, made;
};

/* One direction. Begin with {.pipe = -1}. */
struct pump {
	int pipe;	/* that holds bytes; -1: none */
	size_t held;	/* bytes in it */
	uint64_t allow; /* bytes that may still be taken from the source */
	uint64_t moved; /* bytes that went out */
	bool ended;	/* the source has nothing more, and the destination was told */
	bool silent;	/* the destination is told nothing: it goes on with another source */
};

enum pump_result {
	PUMP_READ,  /* wait until the source has something */
	PUMP_WRITE, /* wait until the destination has room */
	PUMP_SPENT, /* what was allowed has gone out */
	PUMP_MORE,  /* much was moved; others first */
	PUMP_END,   /* ended */
	PUMP_ERROR  /* errno; of the source or of the destination */
};

void pump_init(struct pump_pipes *pipes);
/* Moves what can be moved without waiting. */
enum pump_result pump_move(struct pump_pipes *pipes, struct pump *p, int from, int to);
/* The peer has closed its side, or reset both: nothing comes behind what nobody has read. No read would say so. */
bool pump_source_ended(int fd);
/* The same of both sides, or a reset. */
bool pump_gone(int fd);
/* Gives a pipe back, with what is still in it. */
void pump_stop(struct pump_pipes *pipes, struct pump *p);

#endif
