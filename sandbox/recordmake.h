/* SPDX-License-Identifier: MIT */
/* Building the record that init gets, and reading its answer. */
#ifndef RECORDMAKE_H
#define RECORDMAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "diag.h"
#include "plan.h"
#include "policy.h"
#include "record.h"

/* What identifies the host, so that the box can be told from it. */
struct recordmake_host {
	uint64_t ns[7]; /* inodes of user pid ipc uts cgroup mnt net */
	int mnt;	/* owned: the kernel gives the number of a namespace that has ended to the next one */
};
struct recordmake_opts {
	bool new_session, foreground, skip_proof, skip_command;
	uint32_t umask;
	unsigned terminals;	   /* bits of stdio */
	uint32_t spare, spare_end; /* descriptors that bwrap is given for nothing */
};

/* Takes the host's identity; before the launcher changes its own namespaces. *ret->mnt is -1 or open on failure, too. */
int recordmake_identify(struct recordmake_host *ret, struct diag *d);
/* A memfd for it, empty, close-on-exec; the caller closes it. */
int recordmake_open(struct diag *d);
/*
 * Writes the record into that, and seals it. The proof
 * is made from the policy, never from the plan: a plan that lost an operation
 * is asked for what the policy promised. *ret_checks is how many checks that
 * are. -errno on failure.
 */
int recordmake(const struct plan *plan, const struct policy *policy, const struct recordmake_host *host,
	       const struct recordmake_opts *opts, int fd, uint32_t *ret_checks, struct diag *d);
/* Who answers the calls that the filter of the plan asks about: the launcher alone, or itself where there is no listener. */
enum record_listener recordmake_listener(const struct plan_op *filter, const struct policy *policy);
/* What missed, in words, from a RECORD_MISSED report. */
void recordmake_words(const struct record_report *report, char *buf, size_t n);

#endif
