/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor waits for: a fixed table of descriptors, each with who is
 * called when it is ready. Nothing is polled but through here, so an idle
 * session costs nothing.
 */
#ifndef LOOP_H
#define LOOP_H

#include <poll.h>

#define LOOP_MAX 24

/* `events`: what poll(2) said. */
typedef void loop_ready(void *arg, short events);

struct loop {
	struct pollfd p[LOOP_MAX];
	struct loop_source {
		loop_ready *ready;
		void *arg; /* borrowed */
	} source[LOOP_MAX];
	int n;
};

/* A new row of the table, which waits for nothing yet; its number. Sources are called in this order. */
int loop_add(struct loop *l, loop_ready *ready, void *arg);
/* What the row waits for from now on; fd -1: nothing. Events 0 still tell of a hangup. */
void loop_watch(struct loop *l, int row, int fd, short events);
/* Waits once and calls who is ready; limit in ms, -1: none. As poll(2): 0 after the limit, -errno. */
int loop_wait(struct loop *l, int limit);

#endif
