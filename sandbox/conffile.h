/* SPDX-License-Identifier: MIT */
/*
 * Config files: the user's own, and the one that a project carries. The
 * latter is written by whoever may write the project, the sandbox included: it
 * can only tighten, and is looked at without following, waiting or running.
 */
#ifndef CONFFILE_H
#define CONFFILE_H

#include <stddef.h>
#include "conf.h"
#include "confkey.h"
#include "diag.h"

#define CONFFILE_PROJECT     ".claude-sandbox.json"
#define CONFFILE_PROJECT_MAX ((size_t)64 << 10)

enum conffile_owner { CONFFILE_OF_PROJECT, CONFFILE_OF_USER };

/* Applies text to *c; what messages and origins call it is `name`. Opens nothing. 0 or -EINVAL. */
int conffile_apply(struct conf *c, const char *name, const char *text, size_t len, const char *home,
		   enum conffile_owner owner, struct diag *d);
/* The user's file at `path`. It may be missing, or a pipe, only as `asked` says. */
int conffile_read(struct conf *c, const char *path, bool asked, const char *home, struct diag *d);
/* Where the elements of a key are kept; NULL when it is no list of this version. */
struct conf_list *conffile_list(struct conf *c, enum confkey key);
/* Where a key of the type FILE keeps its path, and the origin of that. */
char **conffile_path(struct conf *c, enum confkey key, char ***ret_origin);

/*
 * Reads another file of the user's settings, called `name` in messages, whole: -EINVAL when it belongs to
 * somebody else, or others may write to it or put another in its place. *ret is owned by the caller.
 */
int conffile_text(const char *path, const char *name, char **ret, size_t *ret_len, struct diag *d);
/* The file that c->project carries, if it does. */
int conffile_read_project(struct conf *c, const char *home, struct diag *d);

#endif
