/* SPDX-License-Identifier: MIT */
/*
 * Stdio that must not enter the box as it is. A regular file behind fd 1 could
 * be reopened, read and rewritten through /proc/self/fd/1, and a pipe for its
 * other direction (relaypipe.h); so they, and directories and devices, become
 * pipes that the launcher passes on; and sockets, which would reach the host's
 * network from a box that has none. Terminals, connected streams of AF_UNIX but
 * the launcher's own standard error, and /dev/null go through untouched.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "diag.h"
#include "relaypipe.h"

struct relay {
	struct relay_one {
		int from,
		    to; /* owned: the launcher's end of the pipe; the other one is borrowed. -1: done or none */
		bool input;  /* from the host into the box */
		bool socket; /* the borrowed end */
		bool pipe;   /* likewise; buf is not used */
		bool full;   /* of a pipe for output: its reader is waited for */
		bool beyond; /* of a file for output: it would have grown beyond the limit */
		int error;   /* of writing the box's output */
		int rest; /* -1, or for a file or pipe as input: our pipe's read end, to see what stays in it */
		int file;		/* with rest: that file or pipe, borrowed */
		struct relaypipe given; /* with rest, of a pipe */
		off_t start, at;	/* its offset before the first read and after the last */
		size_t have, sent;
		char buf[32768];
	} one[3];
	int inside[3]; /* what the box gets; owned when not the caller's own */
	bool owned[3];
	bool terminal; /* one of them is a terminal that goes in as it is */
	uint64_t most; /* bytes that a file for output may have; 0: no limit */
};

/*
 * Looks at three descriptors and makes pipes where needed. enabled false: everything goes
 * through. own: bits of those that init replaces by the box's own pty; direct: other terminals go
 * through, else they are relayed.
 */
int relay_open(struct relay *r, const int stdio[3], bool enabled, unsigned own, bool direct, struct diag *d);
/*
 * Gives the anonymous pipes among them to another owner: a box of another uid could
 * not open /dev/stderr otherwise. What has a name on the host keeps its owner.
 */
void relay_give(const struct relay *r, uid_t uid, gid_t gid);
/* Closes the box's ends in the launcher, once the box has them. */
void relay_started(struct relay *r);
/* Fills at most 3 entries for poll(2); the number used. A descriptor is -1 when there is nothing to wait for. */
int relay_poll_fds(const struct relay *r, struct pollfd *p);
/* Copies what can be copied without blocking. */
void relay_step(struct relay *r);
/* After the box has ended: copies the rest of its output. False: a socket takes no more now. */
bool relay_drain(struct relay *r);
/* 0, or -errno with a message when output could not be written. */
int relay_error(const struct relay *r, struct diag *d);
/* What would have grown beyond the limit, "output" or "error"; NULL: nothing. */
const char *relay_beyond(const struct relay *r);
/* Once nothing of the box runs: closes all, and gives the caller's file or pipe back what was not read of it. */
void relay_done(struct relay *r);

#endif
