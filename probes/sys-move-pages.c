/* SPDX-License-Identifier: MIT */
/*
 * move_pages of nothing in the own process: on another process it tells and changes where its
 * memory lies.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: move_pages(2), CVE-2017-14140
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-move-pages", "move_pages(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_move_pages, 0L, 0L, 0L, 0L, 0L, 0L), EINVAL, "move_pages");
}
