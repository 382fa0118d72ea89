/* SPDX-License-Identifier: MIT */
/* System calls that the filter refuses and tells the supervisor of (denial_log): what they get, and how it is said. */
#ifndef DENIED_H
#define DENIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include "account.h"

/* One unique act: a call, why it is refused, its arguments where they decide, and the program that made it. */
struct denied_act {
	uint32_t arch;
	int nr;
	char *call, *program; /* owned; the call with its arguments in words */
	const char *why;      /* borrowed */
	unsigned opened_by;   /* FILTER_*, 0: nothing */
	uint32_t action;
	unsigned rank;	     /* the lower the worse */
	bool honest;	     /* said with -v alone */
	size_t nth;	     /* of those that are alike but for arguments and program */
	unsigned long times; /* of this one, and of the first also: */
	unsigned long more;  /* calls like it that are not kept */
};

struct denied {
	const struct sock_filter *insn; /* borrowed; the program that tells; n 0: nothing is told */
	size_t n;
	unsigned flags;		/* FILTER_* in force */
	bool counts;		/* the command runs: until then it is the proof that tries */
	struct denied_act *act; /* owned; each once */
	size_t nact;
	unsigned long all; /* but for honest ones */
};

/* The place of a group of syscalls.def in the order of denials.def; one that is not there is last. */
unsigned denied_rank(const char *group);
void denied_done(struct denied *x); /* accepts {0} */
/* What the call gets: SECCOMP_RET_ALLOW where it is none of these, else SECCOMP_RET_ERRNO and the errno. */
uint32_t denied_action(const struct denied *x, const struct seccomp_data *data);
/* The act, by a program of that name. */
void denied_note(struct denied *x, const struct seccomp_data *data, uint32_t action, const char *program);
/* Hands in what was denied. */
void denied_account(const struct denied *x, struct account *a);

#endif
