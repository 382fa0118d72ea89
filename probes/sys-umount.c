/* SPDX-License-Identifier: MIT */
/*
 * umount2 with a bad pointer: taking a mask away would show what is below it.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: umount(2), user_namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-umount", "umount2(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_umount2, 1L, 0L), EFAULT, "umount");
}
