/* SPDX-License-Identifier: MIT */
/* The launcher's side of the box's control group (cgroup.h): asks for it, looks that it holds, tells what came of it. */
#ifndef LIMITRUN_H
#define LIMITRUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "account.h"
#include "diag.h"
#include "loop.h"
#include "plan.h"
#include "policy.h"

struct limitrun {
	const struct plan *plan;
	const struct policy *policy;
	int sock, warden_fd; /* -1: no warden */
	pid_t warden;
	int dir;			/* the group's; -1: none */
	int memory, tasks;		/* its files of events; -1 */
	int row[2];			/* of the loop */
	uint64_t killed, refused, told; /* processes; forks; how many of both were said */
	bool own;			/* the box's limit of memory was reached, not one above it alone */
	bool later;			/* the terminal is the command's */
	struct account *account;	/* while it is waited for */
};

/* Starts the warden, if the plan has a limit for one; before rights are given up. */
int limitrun_open(const struct plan *plan, const struct policy *policy, struct limitrun *l, struct diag *d);
/* The plan has a limit for a control group. */
bool limitrun_asked(const struct limitrun *l);
/* The process is in a group with the plan's limits, and all that it starts will be. */
int limitrun_enter(struct limitrun *l, pid_t pid, struct diag *d);
/* The policy's limits hold for the process. 1; 0 with the name of one that does not; -errno with a message. */
int limitrun_holds(struct limitrun *l, pid_t pid, char missed[16], struct diag *d);

/* What is waited for while the command runs. */
void limitrun_add(struct limitrun *l, struct loop *loop, struct account *a);
void limitrun_watch(struct limitrun *l, struct loop *loop);
/*
 * At the end, when nothing inside is left; signal: what the command died of; beyond: "output" or "error", which would have
 * grown beyond its limit, or NULL.
 */
void limitrun_say(struct limitrun *l, int signal, int exit_code, const char *beyond, struct account *a);
/* Waits until the group is removed. */
void limitrun_done(struct limitrun *l, struct account *a);

#endif
