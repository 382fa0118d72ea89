/* SPDX-License-Identifier: MIT */
/*
 * open_by_handle_at with a bad pointer. New kernels copy the handle first, old ones ask for the
 * capability first: there the control box says not applicable.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: open_by_handle_at(2), CVE-2014-3519
 */
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

/* Whether nothing stands before the kernel, so that ENOSYS means "not built". */
static bool control_box(void)
{
	const char *arm = probe_input("CANARY_ARM");

	return arm != NULL && strcmp(arm, "open") == 0;
}

PROBE("sys-open-by-handle", "open_by_handle_at(2) does not reach the kernel")
{
	long r = probe_sys(SYS_open_by_handle_at, -1L, 1L, 0L);

	if (r == -EPERM && control_box())
		return probe_na("this kernel asks for the capability before it looks at the arguments");
	return probe_calibrated(r, EFAULT, "open_by_handle_at");
}
