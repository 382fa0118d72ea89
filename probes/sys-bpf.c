/* SPDX-License-Identifier: MIT */
/*
 * bpf with an unknown command and a bad pointer. Kernels before 5.19 ask the sysctl first and say
 * EPERM to anyone: there the control box does not see the kernel.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: bpf(2), CVE-2021-3490
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-bpf", "bpf(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_bpf, 99L, 1L, 8L), EFAULT, "bpf");
}
