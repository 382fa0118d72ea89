/* SPDX-License-Identifier: MIT */
/*
 * The state folder, ${XDG_STATE_HOME:-~/.local/state}/claude-sandbox: what is
 * kept between runs. Nobody else may write to it, and no sandbox: trust.h says
 * that of a place, state.h says it of owner and mode.
 */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "diag.h"

/* The folder's path by the caller's environ; owned. NULL: neither variable is an absolute path. */
char *state_dir(char *const *env);
/*
 * The name in it of the project's baseline, "baseline-NAME-DIGEST.json": the name for a reader, the digest of the
 * whole path for the machine. Owned.
 */
char *state_baseline(const char *project);
/* In the same way of the log of its connections, "egress-NAME-DIGEST.jsonl". Owned. */
char *state_egress_log(const char *project);
/* And of what mitmdump keeps, "flows-NAME-DIGEST.mitm". Owned. */
char *state_flows(const char *project);
/*
 * Looks at every directory that leads to `path`, links resolved: -EPERM when everybody may rename in one of them
 * (writable without the sticky bit), and so put another file in its place.
 */
int state_place(const char *path, struct diag *d);
/*
 * Opens the folder, making it and what leads to it if `create` (0700). The descriptor, or -errno: -ENOENT when
 * there is none; -EPERM when it is a link, belongs to somebody else, or others may write to it.
 */
int state_open(const char *dir, bool create, struct diag *d);
/*
 * Directories below the state folder, for the user alone: made where they are missing, by descriptor. One that is a
 * link, of another user than the caller and `owner`, or writable by others is refused. The last one, open.
 */
int state_open_below(const char *folder, const char *below, uid_t owner, struct diag *d);
/*
 * Reads the regular file `name` in the directory `dirfd`, up to max bytes, with a NUL behind them. `shown` is what
 * messages call it. 0, or -errno: -ENOENT when there is none; -EPERM when it belongs to somebody else, or
 * everybody or another group may write to it; -EFBIG when it is larger. Follows no link.
 */
int state_read(int dirfd, const char *name, const char *shown, size_t max, char **ret, size_t *ret_len,
	       struct diag *d);

#endif
