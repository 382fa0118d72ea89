/* SPDX-License-Identifier: MIT */
/*
 * A process that leaves its parent, its group and its session, ignores every signal that can be ignored, and says on
 * standard error that it is there. Whether it outlives the sandbox only who looks from outside can tell, when the
 * sandbox has ended (suites/runner/ending.c): what the probe itself says is read by nobody there. It doesn't ask for
 * a reader later, as a pipe that is relayed ends with who relays it.
 */
#ifndef OUTLIVE_H
#define OUTLIVE_H

#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OUTLIVE_BYTE '\006'
#define OUTLIVE_MOST 120 /* seconds, after which it ends where nobody looks for it */

static inline void outlive_live(void) __attribute__((noreturn));
static inline void outlive_live(void)
{
	const char c = OUTLIVE_BYTE;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	if (write(2, &c, 1) == 1) {
		probe_sys(SYS_close_range, 3L, (long)~0U, 0L);
		for (unsigned left = OUTLIVE_MOST; left > 0;)
			left = sleep(left);
	}
	_exit(0);
}

/* Leaves one behind that has said so, and ends or, if that is what `stays` says, does not. */
static inline struct probe_result outlive_leave(bool stays)
{
	struct stat st;
	pid_t pid;
	int p[2];
	char c;

	if (fstat(2, &st) < 0 || !S_ISFIFO(st.st_mode))
		return probe_na("needs a reader behind standard error");
	if (pipe(p) < 0)
		return probe_unknown(errno, "pipe", "no pipe");
	pid = fork();
	if (pid == 0) {
		setsid();
		if (fork() == 0)
			outlive_live();
		_exit(0);
	}
	if (pid < 0)
		return probe_denied(errno, "fork", "no process can be left: %s", probe_errno_name(errno));
	/* Its end comes when nobody holds it any more: with the first byte that was said, or without any. */
	close(p[1]);
	while (read(p[0], &c, 1) < 0 && errno == EINTR)
		;
	while (stays)
		pause();
	return probe_allowed("fork", "a process was left, in a session of its own");
}

#endif
