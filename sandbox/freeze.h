/* SPDX-License-Identifier: MIT */
/*
 * All that runs in a box stands still, while somebody outside looks at what it could have changed and mounts over that
 * again. Not by a freezer of cgroups, which few machines lend: by a signal to all of the box's pid namespace, which
 * the kernel sends at one moment, so that no fork gets away from it.
 */
#ifndef FREEZE_H
#define FREEZE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "plan.h"

struct freeze {
	pid_t pid; /* 0: none */
	int sock;  /* owned */
};

/* mnt, pid: the box's namespaces. 0 when all in it has stopped, but init; -errno. */
int freeze_begin(int mnt, int pid, struct freeze *ret);
/* Carries out an operation of the stage "fd" whose place in the box still is what *st is of. -ESTALE: it is not. */
int freeze_mount(struct freeze *f, const struct plan_op *op, const struct stat *st);
/*
 * Some process of the box hides what it has open (it is not dumpable, or descriptors are on the way through a socket of
 * its own), and no other one has the file.
 */
#define FREEZE_HIDDEN 2
/* 1: a process of the box has the file of *st open by a descriptor; 0: none has; FREEZE_HIDDEN; -errno. */
int freeze_opened(struct freeze *f, const struct stat *st);
/* All of it goes on. 0: none of it ran since the beginning; -EAGAIN: it may have; or -errno. */
int freeze_end(struct freeze *f);
/*
 * e, of one of the above, came of the box's end: its init (a pidfd; -1: not known) has ended, or does within some seconds.
 * -ECANCELED is waited for no more: who was told to end waits for none.
 */
bool freeze_met_end(int init, int e);

#endif
