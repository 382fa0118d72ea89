/* SPDX-License-Identifier: MIT */
/* A terminal that stands for the caller's: the oracle has its other side, and what the launcher leaves of it is compared. */
#ifndef CANARY_TTY_H
#define CANARY_TTY_H

#include <stdbool.h>
#include "canary.h"

/* Makes one, with its inputs; where the host has no ptys there is none, and the inputs are absent. */
void canary_tty_plant(struct canary_site *s);
/* Remembers its settings, size and line discipline, and the flags of its open file. */
void canary_tty_seal(struct canary_site *s);
/* True when one of them is no longer what it was. */
bool canary_tty_changed(const struct canary_site *s);
/* In a process that leads no group: a session of its own, which the terminal controls. */
void canary_tty_take(const struct canary_site *s);
/* Borrowed; -1: there is none. */
int canary_tty_fd(const struct canary_site *s);
void canary_tty_done(struct canary_site *s);

#endif
