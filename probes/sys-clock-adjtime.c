/* SPDX-License-Identifier: MIT */
/*
 * clock_adjtime with a bad pointer.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: clock_adjtime(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-clock-adjtime", "clock_adjtime(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_clock_adjtime, 0L, 1L), EFAULT, "clock_adjtime");
}
