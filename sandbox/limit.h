/* SPDX-License-Identifier: MIT */
/* What the box may use up of the machine. Pure. */
#ifndef LIMIT_H
#define LIMIT_H

#include "policy.h"

/* The files that a process can have open, however many its caller could. */
#define LIMIT_OPEN_FILES 65536

/* Of the machine's memory, what the files of the fresh directory at path may take: percent. why: borrowed; or NULL. */
int limit_share(const struct policy *p, const char *path, const char **why);

/* Of what the kernel counts for each user, what the box may use up: a row of data/shares.def. */
struct limit_user {
	const char *name;	   /* "inotify-instances" */
	const char *own, *machine; /* below /proc: the limit of a user namespace, and of the first one */
	long percent;
	const char *why;
};

enum {
	LIMIT_USERS = 0
#define SHARE(name, own, machine, percent, why) +1
#include "data/shares.def"
};
const struct limit_user *limit_user(size_t i);

#endif
