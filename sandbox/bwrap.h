/* SPDX-License-Identifier: MIT */
/*
 * The plan in bwrap's words: as the bytes that --args FD takes, and as the
 * shell text of --dry-run. Never leaves an operation out: one that it doesn't
 * know is an error.
 */
#ifndef BWRAP_H
#define BWRAP_H

#include <stdio.h>
#include "diag.h"
#include "plan.h"

/* Where the launcher staged a source that the box's uid can't reach (started by root). */
struct bwrap_staged {
	const char *src; /* borrowed; as the plan names it */
	char *path;	 /* owned by whoever staged it */
};

/* Descriptors of generated files begin here. */
#define BWRAP_FIRST_FD 64

struct bwrap_args {
	char *bytes; /* owned; NUL-terminated words, one after the other */
	size_t len, words;
	int *fd;     /* owned, open, close-on-exec */
	size_t nfd;  /* of them: named in bytes by their number */
	size_t made; /* all of them: the rest is empty */
};

/* Makes empty files until there are n: what bwrap is to inherit has to be there before it has options. */
int bwrap_make_files(struct bwrap_args *a, size_t n, struct diag *d);
/* How many a plan takes. */
size_t bwrap_count_files(const struct plan *plan);

/*
 * Renders the operations of the stage "bwrap". Files' bytes go into memfds:
 * those that *ret has, and more; else *ret is empty.
 * staged: n replacements of sources. -ENOTSUP for an operation that bwrap can't
 * carry out, -E2BIG above bwrap's own limit of 9000 words.
 */
int bwrap_render(const struct plan *plan, const struct bwrap_staged *staged, size_t n, struct bwrap_args *ret,
		 struct diag *d);
void bwrap_args_done(struct bwrap_args *a);

/*
 * Writes a bash script that starts the same mounts and namespaces with bwrap
 * alone: one option a line with its reason, secrets as "$NAME", bytes by
 * process substitution. Descriptor-stage operations appear as bwrap's
 * equivalents. What bwrap can't do (the proof, relays) is named in comments.
 */
int bwrap_shell(const struct plan *plan, const char *bwrap, FILE *out, struct diag *d);

#endif
