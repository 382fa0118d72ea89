/* SPDX-License-Identifier: MIT */
/*
 * move_mount with unknown flags. The capability is asked first; the control box has it.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: move_mount(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-move-mount", "move_mount(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_move_mount, -1L, 1L, -1L, 1L, 0x7fff0000L), EINVAL,
				"move_mount");
}
