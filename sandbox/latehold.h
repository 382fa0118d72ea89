/* SPDX-License-Identifier: MIT */
/*
 * What somebody had open as it was held late (finish.h): a mount closes no descriptor, so who has it writes on. While all
 * in the box stands still such a file comes once more, as a new inode with the same content, and is mounted over again:
 * what is written to the old one the host does not act on.
 */
#ifndef LATEHOLD_H
#define LATEHOLD_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>
#include "account.h"
#include "diag.h"
#include "finish.h"
#include "plan.h"

struct latehold {
	const struct finish_work *work;
	struct account *account;
	struct timespec since; /* the command was not yet let go, by inodetime_after() */
	int mnt;	       /* the box's mount namespace */
	pid_t init;	       /* PID 1 of its processes, */
	int init_fd;	       /* and its pidfd, borrowed */
	bool hold;	       /* false: they are only named */
	unsigned renewed, stops, said;
	struct latehold_dir *dir; /* owned; those that we changed last */
	size_t ndir;
};

/*
 * f->opened is readable: deals with what the search found, and says it. *stopped: the command was stopped for it.
 * -errno: a file can't be made read-only again; the session is to be ended.
 */
int latehold_step(struct latehold *l, struct finish *f, bool *stopped, struct diag *d);
void latehold_done(struct latehold *l);

#endif
