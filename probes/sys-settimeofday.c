/* SPDX-License-Identifier: MIT */
/*
 * settimeofday with a bad pointer, which is read before the capability is asked. The time never
 * changes.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: settimeofday(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-settimeofday", "settimeofday(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_settimeofday, 1L, 0L), EFAULT, "settimeofday");
}
