/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's end of the system call filter: the calls that wait for an
 * answer. Of a command that is about to be started it finds out the file and,
 * where they can decide, the arguments, and refuses what blocked_commands names:
 * EACCES, which a shell makes 126 of, and a line on the standard error of who
 * tried. What can't be found out is refused. While nobody answers, the calls
 * wait; when the supervisor is gone they get ENOSYS, and the box ends with it.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include "account.h"
#include "blocked.h"
#include "denied.h"
#include "plan.h"
#include "policy.h"

#define LISTENER_WORDS 300 /* bytes of a command in a message */

/* What was refused by one pattern: how often, and the first of it. */
struct listener_act {
	size_t pattern;
	char *text; /* owned; escaped */
	unsigned long times;
};

struct listener {
	int fd;				 /* owned; -1: nobody asks */
	size_t level;			 /* foreign_level of the box */
	bool wakes;			 /* answers without a wait for a processor were asked for */
	struct blocked_pattern *pattern; /* owned */
	const char **text;		 /* owned; of the patterns, as they stand in the config: borrowed */
	const char **from;		 /* owned; where: borrowed */
	size_t npattern;
	const struct blocked_file *file; /* borrowed */
	size_t nfile;
	struct listener_act *act; /* owned; one for each pattern: who tries makes the words, not these */
	size_t nact;
	/* Who was told last, and of what: a search in PATH tries one command more than once. */
	pid_t last;
	char *told;		/* owned */
	struct strv told_paths; /* of that try, so far */
	size_t told_pattern;
	struct denied denied;
	unsigned long unknown; /* commands that could not be looked at */
	pid_t writer[8];       /* processes that write a line */
	size_t nwriter;
};

/* The patterns of the plan, the files of the policy; both outlive *ret, which is to be released. ret->fd is -1. */
void listener_init(struct listener *ret, const struct plan *plan, const struct policy *policy);
void listener_done(struct listener *l); /* accepts {0} with fd -1 */
/* Answers what waits. */
void listener_answer(struct listener *l);
/* The command in words, escaped; argv empty: by its path. At most LISTENER_WORDS bytes; "..." ends what is longer. Owned. */
char *listener_words(const struct strv *argv, const char *path);
/* Hands in what was refused. */
void listener_account(const struct listener *l, struct account *a);

#endif
