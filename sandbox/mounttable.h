/* SPDX-License-Identifier: MIT */
/*
 * Compares what is mounted in a box with what the plan has bwrap mount. No
 * system calls. Of the stage "bwrap" only: what comes by descriptor later is
 * mounted by ourselves, each with its own answer.
 */
#ifndef MOUNTTABLE_H
#define MOUNTTABLE_H

#include <stdbool.h>
#include "plan.h"
#include "record.h"
#include "strv.h"

struct mounttable_allowed;

/* What may be mounted, in the order of places. */
struct mounttable {
	struct mounttable_allowed *allowed; /* owned */
	size_t n, cap;
	struct strv host_devices;
};

/*
 * source: of each operation, where its source really is on the host; NULL: as
 * the plan says. host: the text of mountinfo that binds were taken from. What a
 * recursive bind carries along from there may be missing in the box: the host's
 * mounts come and go.
 */
void mounttable_plan(const struct plan *plan, const char *const *source, const char *host,
		     struct mounttable *ret);
void mounttable_done(struct mounttable *t); /* accepts {0} */

struct mounttable_miss {
	enum check_id check; /* CHECK_MOUNT_... */
	char *point;	     /* owned */
};

/* True when nothing inside can reach the mount at that point. */
typedef bool mounttable_closed(void *arg, const char *point);

/*
 * False with *ret filled for the first difference in the order of places. box:
 * the text of the box's mountinfo. closed NULL: everything can be reached.
 */
bool mounttable_compare(const struct mounttable *t, const char *box, mounttable_closed *closed, void *arg,
			struct mounttable_miss *ret);

#endif
