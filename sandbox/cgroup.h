/* SPDX-License-Identifier: MIT */
/*
 * The box's control group (cgroup v2), which holds memory, tasks and cpu of all processes inside together. Made by a
 * process beside the launcher, the warden: it keeps the rights that the launcher gives up, and outlives its SIGKILL,
 * so that the group is removed however a session ends. It ends when its socket does.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "diag.h"
#include "limitset.h"

/* launcher -> warden */
enum cgroup_what {
	CGROUP_ENTER, /* a group with the limits, and the process in it */
	CGROUP_CHECK  /* the process is in the group, and its limits hold */
};
struct cgroup_ask {
	uint32_t what;
	int32_t pid;
	uint64_t n[LIMITS]; /* 0: none; rows without a file are not looked at */
};
/* warden -> launcher; that of a CGROUP_ENTER that went well carries the group's directory (SCM_RIGHTS). */
struct cgroup_answer {
	int32_t error;		 /* negative errno, 0 */
	char missed[16];	 /* of CGROUP_CHECK: the limit that does not hold */
	char msg[400], try[200]; /* why it can't be had, and what helps */
};

/* The warden's life; for a child. */
void cgroup_warden(int sock) __attribute__((noreturn));

/* The line "0::/PATH" of a /proc/PID/cgroup; owned; NULL: there is none. For tests too. */
char *cgroup_path(const char *text);
/* Where cgroup v2 is mounted by the text of a /proc/PID/mountinfo; owned; NULL: nowhere. *v1: whether v1 is. For tests too. */
char *cgroup_root(const char *mounts, bool *v1);
/* The number behind "NAME " in a file of such lines, as memory.events; 0: there is none. */
uint64_t cgroup_number(const char *text, const char *name);
/* What the row's file holds when the limit is n. buf has 64 bytes. Returns it. */
const char *cgroup_value(enum limit_id id, uint64_t n, char buf[64]);

#endif
