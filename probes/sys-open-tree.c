/* SPDX-License-Identifier: MIT */
/*
 * open_tree, of the mount interface that came with Linux 5.2 and that lists of refused calls
 * forget.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: open_tree(2), CVE-2021-41133
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-open-tree", "open_tree(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_open_tree, -1L, 1L, 0L), EFAULT, "open_tree");
}
