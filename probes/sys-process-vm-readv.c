/* SPDX-License-Identifier: MIT */
/*
 * process_vm_readv of nothing from the own process succeeds where the call is there.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: process_vm_readv(2)
 */
#include "probe.h"

#include <sys/syscall.h>
#include <unistd.h>

PROBE("sys-process-vm-readv", "process_vm_readv(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_process_vm_readv, (long)getpid(), 0L, 0L, 0L, 0L, 0L), 0,
				"process_vm_readv");
}
