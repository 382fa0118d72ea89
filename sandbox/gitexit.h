/* SPDX-License-Identifier: MIT */
/* The end of a session: what of the private copies of git configs goes back to the host, and what was dropped. */
#ifndef GITEXIT_H
#define GITEXIT_H

#include "account.h"
#include "policy.h"
#include "strv.h"

/*
 * project: its directory; copies: the tmpfs with the copies, of a box whose processes have ended; dir: the git
 * directories, each of them on the box's own mount, with which the host's files are written
 * by whoever the box was. All that is read was written by whoever was inside.
 */
void gitexit(struct account *a, const struct policy *p, int project, int copies, const int *dir);

/* What became of the changes of one config. */
struct gitexit_merge {
	struct strv kept, dropped; /* keys */
	struct strv gone;	   /* those of `kept` that were removed */
	struct strv why;	   /* of each in `dropped`: a reason, or "" */
	struct strv met;	   /* keys that the host changed too, to something else */
	struct strv stays;	   /* pairs: a remote that was removed inside, why it stays on the host */
};
void gitexit_merge_done(struct gitexit_merge *m);
/*
 * The text of the host's config as it is now with what goes back of the changes from
 * `before` (the copy as it was given) to `after`. Owned; NULL: nothing goes back, or one of
 * them can't be read. dir: of a submodule that is new. taken: pairs, the name of
 * a remote that keeps its URL and why; NULL: none. Pure.
 */
char *gitexit_text(const char *now, const char *before, const char *after, const char *project,
		   const char *dir, const struct strv *taken, struct gitexit_merge *ret);

#endif
