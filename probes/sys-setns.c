/* SPDX-License-Identifier: MIT */
/*
 * setns with a bad descriptor.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: setns(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-setns", "setns(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_setns, -1L, 0L), EBADF, "setns");
}
