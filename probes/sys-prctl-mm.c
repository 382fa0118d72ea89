/* SPDX-License-Identifier: MIT */
/*
 * PR_SET_MM with a fifth argument, which the kernel refuses before it asks for a capability.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: prctl(2), PR_SET_MM(2const)
 */
#include "probe.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

PROBE("sys-prctl-mm", "prctl PR_SET_MM does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_prctl, (long)PR_SET_MM, 99L, 0L, 0L, 1L), EINVAL,
				"prctl PR_SET_MM");
}
