/* SPDX-License-Identifier: MIT */
/*
 * open_tree_attr by its number (Linux 6.15): newer than many a list of refused calls.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: Linux commit c4a16820d901, CVE-2021-41133 for the pattern
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-open-tree-attr", "open_tree_attr(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(467L, -1L, 1L, 0L, 1L, 32L), EFAULT, "open_tree_attr");
}
