/* SPDX-License-Identifier: MIT */
/*
 * kcmp with an unknown type: the call tells how kernel objects lie in memory.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: kcmp(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

PROBE("sys-kcmp", "kcmp(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_kcmp, (long)getpid(), (long)getpid(), 99L, 0L, 0L), EINVAL,
				"kcmp");
}
