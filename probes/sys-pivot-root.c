/* SPDX-License-Identifier: MIT */
/*
 * pivot_root with bad pointers. The capability is asked first, so EFAULT needs both the call and
 * the capability; the control box has them.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: pivot_root(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-pivot-root", "pivot_root(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_pivot_root, 1L, 1L), EFAULT, "pivot_root");
}
