/* SPDX-License-Identifier: MIT */
/*
 * CLONE_NEWUSER together with CLONE_FS is a contradiction that the kernel itself refuses: no child is
 * made. A filter that compares the flags as a whole, and not bit by bit, lets it through.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: clone(2)
 */
#include "probe.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

PROBE("sys-clone-flags", "clone(2) with a namespace flag among others does not reach the kernel")
{
	return probe_calibrated(
	    probe_sys(SYS_clone, (long)(CLONE_NEWUSER | CLONE_FS | SIGCHLD), 0L, 0L, 0L, 0L), EINVAL,
	    "clone CLONE_NEWUSER|CLONE_FS");
}
