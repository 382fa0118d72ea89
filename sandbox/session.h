/* SPDX-License-Identifier: MIT */
/*
 * What a launcher that runs says of its session: a sealed memfd that only it holds, so that nothing is written
 * anywhere, and the kernel takes it away when the launcher ends, however that ends. --status reads it (status.c).
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "conf.h"
#include "diag.h"
#include "policy.h"
#include "strv.h"

/* How a link of /proc/PID/fd names it. */
#define SESSION_LINK "/memfd:claude-sandbox-session (deleted)"

/*
 * Before an identity is given up, which the kernel notes as the owner. A descriptor, close-on-exec; -errno. What is not
 * told by session_tell yet is no session yet.
 */
int session_begin(void);
/* The sandbox is up; since, held: as in struct session. */
int session_tell(int fd, const struct conf *c, const struct policy *p, struct timespec since,
		 const struct strv *held, struct diag *d);

struct session {
	pid_t pid;				 /* of the launcher, in its own namespace */
	char *project, *command, *profile, *net; /* owned */
	bool yolo;
	struct strv weaker, openings;
	/* For sessions that start while it runs. */
	struct timespec since; /* what appears in the trees from then on is judged at its end, or another's */
	struct strv trees;     /* what it can write to; none: too much is held */
	struct strv held;      /* what there it could not, with all that is in it; sorted */
};

/* What such a descriptor says. False: it is none, or has not been told yet, or belongs to another user than `owner`. */
bool session_read(int fd, uid_t owner, struct session *ret);
/*
 * The session that a process is the launcher of. dir: its directory in /proc. A launcher is where we are: what is in a box
 * is in a namespace of its own, and can make no process outside, so nothing inside can pass for one. 0: it is none;
 * -EACCES: who knows.
 */
int session_find(int dir, pid_t pid, uid_t owner, struct session *ret);
void session_done(struct session *s);

#endif
