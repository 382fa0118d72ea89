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

/*
 * Asked where a difference may be no fault: CHECK_MOUNT_WRITABLE and _FLAGS of
 * what a bind carried along, which bwrap leaves as it is where nothing inside
 * can reach it; CHECK_MOUNT_LESS of a generated file, whose mount goes away when
 * the host puts another file in the place below it. True: it is none.
 */
typedef bool mounttable_excuse(void *arg, enum check_id miss, const char *point);

/*
 * False with *ret filled for the first difference in the order of places. box:
 * the text of the box's mountinfo. excuse NULL: there is none.
 */
bool mounttable_compare(const struct mounttable *t, const char *box, mounttable_excuse *excuse, void *arg,
			struct mounttable_miss *ret);

#endif
