/* SPDX-License-Identifier: MIT */
/*
 * fspick with unknown flags. The capability is asked first; the control box has it.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: fspick(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-fspick", "fspick(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_fspick, -1L, 1L, 0x7fff0000L), EINVAL, "fspick");
}
