/* SPDX-License-Identifier: MIT */
/* System calls that the filter refuses and tells the supervisor of (denial_log): what they get, and how it is said. */
#ifndef DENIED_H
#define DENIED_H

#include <stdint.h>
#include <sys/types.h>
#include <linux/seccomp.h>
#include "account.h"
#include "diag.h"
#include "filter.h"
#include "policy.h"

/* One unique act: a call, why it is refused, and the program that made it. */
struct denied_act {
	char *call, *program;	     /* owned */
	const char *why, *opened_by; /* borrowed; opened_by NULL: nothing does */
	uint32_t action;
	unsigned long times;
};

struct denied {
	struct filter plain;	/* what a call gets where nobody is told; n 0: nothing is told */
	bool counts;		/* the command runs: until then it is the proof that tries */
	struct denied_act *act; /* owned; each once */
	size_t n;
	unsigned long all;
};

/* *ret is to be released in any case. */
int denied_init(struct denied *ret, const struct policy *policy, struct diag *d);
void denied_done(struct denied *x); /* accepts {0} */
/* What the call gets: SECCOMP_RET_ALLOW where it is none of these, else SECCOMP_RET_ERRNO and the errno. */
uint32_t denied_action(const struct denied *x, const struct seccomp_data *data);
/* The act, by a program of that name. */
void denied_note(struct denied *x, const struct seccomp_data *data, uint32_t action, const char *program);
/* Hands in what was denied. */
void denied_account(const struct denied *x, struct account *a);

#endif
