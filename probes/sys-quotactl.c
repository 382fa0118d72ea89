/* SPDX-License-Identifier: MIT */
/*
 * quotactl with an unknown command.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: quotactl(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-quotactl", "quotactl(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_quotactl, 0xffffffffL, 1L, 0L, 0L), EINVAL, "quotactl");
}
