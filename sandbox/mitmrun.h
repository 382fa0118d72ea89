/* SPDX-License-Identifier: MIT */
/*
 * The mitmdump of --mitmproxy: a process of the host beside egress, through which connections go that egress has
 * judged. It passes bytes on as they are and keeps what it understands of them. What comes to it was made inside: it
 * runs in a box of its own, which writes nothing but the descriptor of its file.
 */
#ifndef MITMRUN_H
#define MITMRUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "account.h"
#include "diag.h"
#include "policy.h"

#define MITMRUN_READY_MS 60000 /* a large program of Python, on a machine under load */

struct mitmrun {
	pid_t pid;   /* 0: there is none */
	int control; /* owned; readable when it has something to say; -1: it has ended */
	int words;   /* owned; a memfd of what it printed */
	char *tap;   /* owned; a secret: "HOST:PORT<tab>LOGIN", once it is ready */
	char *auth;  /* owned; a secret: the login alone */
	char *name;  /* owned */
};

/* The script that it reads: sandbox/data/mitmkeep.py. */
extern const char mitmrun_script[];

/* Starts it. flows: where it keeps what passes. */
int mitmrun_start(const struct policy *policy, int flows, struct mitmrun *ret, struct diag *d);
/* The control socket is readable, before it was ready: 0, and `tap` is set when it is; -errno when it never will be. */
int mitmrun_ready(struct mitmrun *m, struct diag *d);
/* The same while the command runs. */
void mitmrun_told(struct mitmrun *m, struct account *facts);
/* Ends it, when it has kept all. */
void mitmrun_done(struct mitmrun *m, struct account *facts);

#endif
