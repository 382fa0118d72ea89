/* SPDX-License-Identifier: MIT */
/*
 * Child processes with a deadline. A child dies with its parent; what it writes
 * is read up to a bound. Nothing here judges.
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct spawn {
	pid_t pid;  /* 0: not running */
	int status; /* wait status once it ended */
	bool late;  /* killed at its deadline */
};

/* What comes out of a pipe. */
struct spawn_out {
	int fd;	   /* owned; -1: closed, or the end was read */
	char *buf; /* owned, NUL-terminated */
	size_t n, max;
	bool flood; /* more than max bytes came; the rest was not read */
};

/* Seconds on the monotonic clock. */
double spawn_now(void);
/* Makes the calling process die with its parent `parent`, now too if that has ended already. */
void spawn_die_with(pid_t parent);

/* Forks; the child runs body(arg) and ends with what it returns. 0 or -errno. */
int spawn_start(struct spawn *s, int (*body)(void *arg), void *arg);
/* Waits until the absolute time `end`, then kills. True when it ended by itself with exit code 0. */
bool spawn_wait(struct spawn *s, double end);
/* Kills and reaps a running child. */
void spawn_kill(struct spawn *s);

/*
 * Kills and reaps every child of the calling process, and what comes to it from
 * them when it is a subreaper, until there is none or it is `end`; false then.
 */
bool spawn_sweep(double end);
/* Waits until no child is left, and kills none; false when time is up. */
bool spawn_gone(double end);
/*
 * Whether a child is so called (comm of proc(5), of which the kernel keeps 15 bytes). One that is there may be missed
 * while others end, says proc(5).
 */
bool spawn_has_called(const char *name);

/* A pipe whose read end fills *out with at most max bytes; the write end (CLOEXEC) is returned, or -errno. */
int spawn_pipe(struct spawn_out *out, size_t max);
/* A descriptor from which exactly text[0..len) can be read, or -errno. */
int spawn_feed(const char *text, size_t len);
/*
 * Reads all of out[0..n) until their ends; false when the absolute time `end` came first, or nothing came for `idle`
 * seconds.
 */
bool spawn_drain(struct spawn_out *const *out, size_t n, double end, double idle);
void spawn_out_done(struct spawn_out *out);

#endif
