/* SPDX-License-Identifier: MIT */
/*
 * ptrace of process 0, which is nobody. PTRACE_TRACEME would be EPERM below a debugger, filter or
 * not.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused. With `allow_debug` this row is
 *   open on purpose.
 * See: ptrace(2), CVE-2019-13272
 */
#include "probe.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

PROBE("sys-ptrace", "ptrace(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_ptrace, (long)PTRACE_PEEKDATA, 0L, 0L, 0L), ESRCH, "ptrace");
}
