/* SPDX-License-Identifier: MIT */
/*
 * fsconfig with a bad descriptor: the call of CVE-2022-0185.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: CVE-2022-0185
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-fsconfig", "fsconfig(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_fsconfig, -1L, 0L, 0L, 0L, 0L), EINVAL, "fsconfig");
}
