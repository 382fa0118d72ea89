/* SPDX-License-Identifier: MIT */
/* The end of a session: what of the agent's private copies goes back to the host, and what was dropped. */
#ifndef CLAUDEEXIT_H
#define CLAUDEEXIT_H

#include <time.h>
#include "account.h"
#include "policy.h"

/* What was so when the session began. */
struct claudeexit_file {
	char *name, *text; /* owned */
};
struct claudeexit_start {
	bool memory;		     /* the project's record has one */
	struct claudeexit_file *was; /* owned; its files */
	size_t n;
	bool too_much; /* more than is kept to compare with */
};
struct claudeexit_start claudeexit_begin(const struct policy *p);
void claudeexit_start_done(struct claudeexit_start *s);

/*
 * home: the fresh home of a box whose processes have ended; claude: the host's
 * ~/.claude, -1: none. All that is read in home
 * was written by whoever was inside. since: of inodetime_after(), when the command was let go. Says what it did and what
 * it did not.
 */
void claudeexit(struct account *a, const struct policy *p, int home, int claude,
		const struct claudeexit_start *start, struct timespec since);

/* Says what was changed in the project's fresh .claude, of which nothing is kept. */
void claudeexit_project(struct account *a, const struct policy *p, int dotclaude);

/* Says what was changed in the private copy of the project's memory, of which nothing is kept. */
void claudeexit_memory(struct account *a, const struct policy *p, int memory);

/*
 * The text of the host's login with the tokens of another one: owned, or NULL and
 * a reason (borrowed, never NULL; "" when there is nothing to do). Same keys, same values but
 * for tokens, a later expiry. Pure.
 */
char *claudeexit_login(const char *host, const char *inside, long long now_ms, const char **ret_why);
/*
 * The new prompts of `inside`, which began as `before`: those of this project, with what is known of them alone, none
 * younger than now; owned, NULL: none. *ret_unfit: how many are left out, being commands of a shell. Pure.
 */
char *claudeexit_history(const char *before, const char *inside, const char *project, long long now_ms,
			 size_t *ret_unfit);
/* Names of what differs in a login's file beside the agent's own login: tokens of MCP servers. Owned; NULL: nothing. Pure. */
char *claudeexit_other_logins(const char *before, const char *inside);
/* Sorts names; "a, b and 3 more" of them, owned, at most max by name. Pure. */
char *claudeexit_names(struct strv *names, size_t max);
/* Names of the keys that differ, "the keys a, b.c, ...", owned; NULL: none. config: as in ~/.claude.json, quiet ones left out. Pure. */
char *claudeexit_changes(const char *before, const char *after, bool config);

#endif
