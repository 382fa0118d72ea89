/* SPDX-License-Identifier: MIT */
/*
 * The terminal proxy: the box has a pty of its own, and what passes between it
 * and the caller's terminal is copied here, filtered (escape.h). The caller's
 * terminal never enters the box.
 *
 * One terminal of the caller's is proxied: the first of fd 0, 1, 2 that is one.
 * Its keys are taken, and it is raw, while the command is in the foreground of
 * its pty: at once when standard input is that terminal and no pipeline goes on
 * behind the command; else when the command first reads from it, so that a pager
 * behind a pipe, or a program before it, keeps the keyboard.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>
#include "diag.h"
#include "escape.h"
#include "loop.h"

/* Shared with the keeper, which restores the terminal when the launcher could not. */
struct terminal_shared {
	bool raw;
	uint64_t set; /* what the box has left, see escape.h */
};

struct terminal {
	unsigned mask; /* bits of fd 0, 1, 2: become the box's pty */
	int host;      /* owned; the caller's terminal; -1: none, or hung up */
	bool
	    own_file; /* it is an open file of our own, non-blocking; else the caller's, which stays as it is */
	int master;   /* owned; of the box's pty; -1: not yet, or done */
	bool foreground; /* the command is in the foreground of its pty */
	bool hung_up;
	struct termios saved, raw;
	struct terminal_shared *shared; /* owned */
	struct escape escape;
	char keys[4096];
	size_t nkeys, sent_keys;
	char in[65536], out[65536 + ESCAPE_MORE];
	size_t nout, sent_out;
	int row_host, row_master; /* of the loop */
};

/* Which of three descriptors are the terminal that is proxied. 0, or -errno; with no terminal among them 0 and mask 0. */
int terminal_open(struct terminal *t, const int stdio[3], struct diag *d);
/* Before anything is copied. `allow`: classes of escape.h. `charset`: what the caller's locale says of it. */
void terminal_allow(struct terminal *t, uint32_t allow, enum escape_charset charset);
/* Takes the master of the box's pty, which becomes like the caller's terminal. -EPROTO: it is none. */
int terminal_attach(struct terminal *t, int master, struct diag *d);
/* Raw from now on, if the caller's shell has given the terminal to us. False: it hasn't. */
bool terminal_take(struct terminal *t);
/* Whether it would be true. */
bool terminal_is_ours(const struct terminal *t);
/* Whether the caller's shell has job control over us by this terminal. */
bool terminal_is_job(const struct terminal *t);
/* The caller's settings again. */
void terminal_give_back(struct terminal *t);
/* The size of the caller's terminal for the box. */
void terminal_resize(struct terminal *t);
/* Two rows of the loop, and what they wait for next. */
void terminal_add(struct terminal *t, struct loop *l);
void terminal_watch(struct terminal *t, struct loop *l);
/* After the box has ended: the rest of its output. False: the caller's terminal takes no more now. */
bool terminal_drain(struct terminal *t);
/* In the keeper, when the launcher is gone: host is its descriptor there. */
void terminal_rescue(const struct terminal *t, int host);
/* Restores and closes all. */
void terminal_done(struct terminal *t);

#endif
