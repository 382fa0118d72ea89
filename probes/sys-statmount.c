/* SPDX-License-Identifier: MIT */
/*
 * statmount by its number (Linux 6.8): it shows mounts and the host paths behind them.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: statmount(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-statmount", "statmount(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(457L, 1L, 1L, 8L, 0L), EFAULT, "statmount");
}
