/* SPDX-License-Identifier: MIT */
/*
 * clone3 with a bad pointer: its flags are behind it, where no filter can look.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: clone(2), CVE-2021-41133
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-clone3", "clone3(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_clone3, 1L, 88L), EFAULT, "clone3");
}
