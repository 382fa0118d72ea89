/* SPDX-License-Identifier: MIT */
/*
 * unshare without any flag does nothing and succeeds where the call is there at all.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: unshare(2)
 */
#include "probe.h"

#include <sys/syscall.h>

PROBE("sys-unshare", "unshare(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_unshare, 0L), 0, "unshare");
}
