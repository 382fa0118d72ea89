/* SPDX-License-Identifier: MIT */
/*
 * clock_settime with a bad pointer. The time never changes.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: clock_settime(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-clock-settime", "clock_settime(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_clock_settime, 0L, 1L), EFAULT, "clock_settime");
}
