/* SPDX-License-Identifier: MIT */
/* The mounts of the stage "fd": made in the box's mount namespace, by descriptor, before the command starts. */
#ifndef FDMOUNT_H
#define FDMOUNT_H

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include "bwrap.h"
#include "diag.h"
#include "freshdirs.h"
#include "mounttable.h"
#include "plan.h"
#include "record.h"
#include "strv.h"

/* As many descriptors come back at most; one message takes 253. */
#define FDMOUNT_KEEP 240

struct fdmount_source;

/* What the comparison has to know of the host. */
struct fdmount_host {
	int proc, table;	       /* /proc, and the launcher's mountinfo there; -1: no comparison */
	struct fdmount_source *source; /* owned; of each operation */
	struct timespec start;	       /* before bwrap was */
	size_t n;
	struct mounttable allowed;
	struct freshdirs fresh;
};

struct fdmount_job {
	const struct plan *plan;
	const struct strv *keep; /* directories inside whose descriptors are wanted, FDMOUNT_KEEP at most */
	bool late;		 /* the box runs: what is gone, or became a link, is passed over */
	const struct fdmount_host *host; /* to compare what bwrap mounted with the plan; NULL: don't */
};

struct fdmount_result {
	int kept[FDMOUNT_KEEP];	   /* in the order of keep, -1: none; they stay good when the box is gone */
	struct record_report miss; /* RECORD_MISSED: the comparison's, check and text */
};

/*
 * Looks up where the sources of binds are; staged: n replacements of them;
 * start: CLOCK_REALTIME_COARSE before bwrap was started. It
 * takes its time: while bwrap takes its own, it costs the launch nothing.
 */
int fdmount_look(const struct plan *plan, const struct bwrap_staged *staged, size_t n, struct timespec start,
		 struct fdmount_host *ret, struct diag *d);
void fdmount_host_done(struct fdmount_host *h);
/* The child that will do it; sock -1: none. */
struct fdmount_helper {
	pid_t pid;
	int sock;
};

/* Forks it while there is time: it waits, and ends when its socket does. *job is its own from then on. */
int fdmount_start(const struct fdmount_job *job, struct fdmount_helper *ret, struct diag *d);
/*
 * Has it enter the mount namespace mnt_fd, compare, and make the mounts of the stage.
 * No path is followed through a symlink. A mask's target that is gone is no
 * error (there is nothing to hide); anything else is: -errno and a message.
 * -EPERM without a message where ret->miss says what the comparison missed.
 */
int fdmount_all(const struct fdmount_helper *h, const struct fdmount_job *job, int mnt_fd,
		struct fdmount_result *ret, struct diag *d);
/* Ends and reaps it. Accepts what has none. */
void fdmount_end(struct fdmount_helper *h);

/* The box, seen by a process that entered it. */
struct fdmount_box {
	int root;   /* owned */
	int proc;   /* owned; the host's, where the process is one */
	int unseen; /* owned; where a late pin is mounted: see open_unseen in fdmount.c; -1: where it is seen */
};

/* The calling process enters the user namespace that owns mnt_fd, and that. 0, or -errno. */
int fdmount_enter(int mnt_fd, struct fdmount_box *ret);
void fdmount_leave(struct fdmount_box *box);
#define AUTO_BOX __attribute__((cleanup(fdmount_leave)))
/*
 * From there: one operation once more, over what stands at its place, if that has the device and the inode of *want.
 * -ESTALE: something else does.
 */
int fdmount_again(const struct fdmount_box *box, const struct plan_op *op, const struct stat *want);

#endif
