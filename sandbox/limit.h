/* SPDX-License-Identifier: MIT */
/* What the box may use up of the machine. Pure. */
#ifndef LIMIT_H
#define LIMIT_H

#include "policy.h"

/* The files that a process can have open, however many its caller could. */
#define LIMIT_OPEN_FILES 65536

/* Of the machine's memory, what the files of the fresh directory at path may take: percent. why: borrowed; or NULL. */
int limit_share(const struct policy *p, const char *path, const char **why);

#endif
