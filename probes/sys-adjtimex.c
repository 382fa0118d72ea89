/* SPDX-License-Identifier: MIT */
/*
 * adjtimex with a bad pointer.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: adjtimex(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-adjtimex", "adjtimex(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_adjtimex, 1L), EFAULT, "adjtimex");
}
