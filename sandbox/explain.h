/* SPDX-License-Identifier: MIT */
/* --explain: what a finished plan does about one path, host, system call or variable. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>
#include "conf.h"
#include "diag.h"
#include "prepare.h"

/*
 * Writes what the command would meet. "path:", "host:", "syscall:" or "env:" in front of `thing` says what it
 * is; else a slash, "~" or "." at its beginning makes it a path, then the name of a system call that, then a
 * dot or colon makes it a host (an existing file a path), and the rest is a variable. Relative paths are
 * below `cwd`. 0, or -EINVAL for what is none of these.
 */
int explain_thing(const struct conf *conf, const struct prepared *p, const char *thing, const char *cwd,
		  FILE *out, struct diag *d);

/* Whether something that can be read is at an absolute path inside, as far as the modes allow. */
bool explain_is_there(const struct plan *plan, const char *path);

#endif
