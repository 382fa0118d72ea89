/* SPDX-License-Identifier: MIT */
/*
 * listmount by its number (Linux 6.8).
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: listmount(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-listmount", "listmount(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(458L, 1L, 1L, 8L, 0L), EFAULT, "listmount");
}
