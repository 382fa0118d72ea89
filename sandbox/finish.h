/* SPDX-License-Identifier: MIT */
/*
 * The rest of the walk, when the time at the start was too short for it: a process beside the box looks on, and
 * protects what it finds in the live box.
 */
#ifndef FINISH_H
#define FINISH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include "account.h"
#include "policy.h"
#include "scan.h"

struct finish_work {
	struct policy *policy;	      /* what is found is added to a copy of it in that process */
	struct scan *scan;	      /* incomplete */
	const struct timespec *since; /* when the command was let go, by inodetime_after() */
	int notes;		      /* of unfinished_begin() or finish_notes() */
};

struct finish {
	pid_t pid;  /* 0: none */
	int fd;	    /* owned; readable when there is something to say; -1: none */
	int opened; /* owned; readable when a file was open as it was held: latehold.h; -1: none */
};

/* Of a file that somebody had open as it was held; one message each. */
struct finish_opened {
	bool written; /* for writing, by somebody */
	bool unread;  /* not known, since its mode keeps us out */
	bool below;   /* a directory is held that it lies in, not the file itself */
	bool noted;   /* it is known to be where the host left it */
	char path[PATH_MAX];
};

/* Where that process leaves what it knows for the end of the session; -1: nowhere, and more is named then. */
int finish_notes(void);
/* Starts it; mnt_fd is the box's mount namespace. What goes wrong is said. Child of the calling process. */
void finish_start(const struct finish_work *work, int mnt_fd, struct finish *ret);
/* fd is readable: says what was done, and ends it. */
void finish_told(struct account *a, struct finish *f);
/* What is held so far, with all that is in it, and what is pinned by itself; sorted. Some of it may have been changed before. */
void finish_held(const struct finish_work *work, struct strv *ret, struct strv *pinned);
/* False: there is no more to be had, now or (f->opened is -1) at all. */
bool finish_opened(struct finish *f, struct finish_opened *ret);
/*
 * path is a new file with the old content, *st, by us: neither it nor its directory, of which *dir is the time since, was
 * changed by that. dir NULL: the directory was, before.
 */
void finish_renewed(const struct finish_work *work, const char *path, const struct stat *st,
		    const struct timespec *dir);
/* The box is gone. */
void finish_done(struct finish *f);
/* After that: names what was changed since the start, in the whole of an incomplete search. */
void finish_changed(struct account *a, const struct finish_work *work);
/* Before a session: the same of an earlier one that was killed, which left these notes. mounts: as in scan_trees. */
void finish_killed(struct account *a, const struct policy *policy, const char *mounts, int fd,
		   struct timespec since);

#endif
