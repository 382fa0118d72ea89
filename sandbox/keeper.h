/* SPDX-License-Identifier: MIT */
/*
 * The keeper stands between the launcher and bwrap because of a SIGKILL of the
 * launcher. bwrap asks to die with its parent, and then lets its child go on,
 * which waits for that without an end of its own: killed in between, bwrap
 * leaves it behind for ever. So bwrap's parent lives on until the sandbox is up
 * (init closes it down on the closed socket), and once its mounts are made, when
 * everything inside dies with its parent, ends it at once.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>

#include "bwrap.h"
#include "terminal.h"

#define KEEPER_HANDSHAKE_MS 20000 /* a machine under load; nothing inside can prolong it */

struct run_wrong;

/* What bwrap is started with; what is numbered is a descriptor. */
struct keeper {
	const char *bwrap;
	const struct run_wrong *wrong; /* suite only; NULL: nothing */
	const struct bwrap_args *args;
	int args_fd, words; /* its options, its stderr */
	int gate;	    /* it waits for the end of that before it reads its options; -1: it doesn't */
	int sock, record, status; /* init's */
	const int *stdio;	  /* three, of the command */
	bool close_fds;		  /* but these */
	struct terminal *terminal;
};

/*
 * In a process of its own, whose parent holds the other end of the leash: a byte says that the mounts are made. With a
 * gate there is one before, that it will be opened: whose launcher ends sooner has no bwrap any more.
 */
void keeper_run(struct keeper *k, int leash) __attribute__((noreturn));

#endif
