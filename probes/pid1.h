/* SPDX-License-Identifier: MIT */
/* What stands for PID 1 in each arm. */
#ifndef PID1_H
#define PID1_H

#include "look.h"

#include <signal.h>
#include <sys/prctl.h>

/*
 * PID 1 of the sandbox. In the control box, which shares the host's pid
 * namespace, PID 1 is root's: a child that is no better protected than any
 * ordinary process stands for it.
 */
static inline long pid1_target(void)
{
	pid_t pid;

	if (!look_open_arm())
		return 1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

/* Ends the child that stood for PID 1. */
static inline void pid1_done(long pid)
{
	if (pid > 1)
		kill((pid_t)pid, SIGKILL);
}

#endif
