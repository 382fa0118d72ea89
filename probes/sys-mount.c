/* SPDX-License-Identifier: MIT */
/*
 * mount with bad pointers: the kernel itself copies them first and says EFAULT; a real mount
 * would be EPERM for lack of a capability, filter or not.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: mount(2), CVE-2022-0185
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-mount", "mount(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_mount, 1L, 1L, 1L, 0L, 1L), EFAULT, "mount");
}
