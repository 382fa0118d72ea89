/* SPDX-License-Identifier: MIT */
/*
 * pidfd_getfd with unknown flags: it takes a descriptor out of another process.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: pidfd_getfd(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-pidfd-getfd", "pidfd_getfd(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_pidfd_getfd, -1L, 0L, 1L), EINVAL, "pidfd_getfd");
}
