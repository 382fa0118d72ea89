/* SPDX-License-Identifier: MIT */
/*
 * FAN_REPORT_FID is open to users since Linux 5.13: watches on directories, with file handles in
 * the events.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: fanotify_init(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>

PROBE("kern-fanotify", "no fanotify group")
{
	return probe_calibrated(probe_sys(SYS_fanotify_init, (long)(FAN_CLASS_NOTIF | FAN_REPORT_FID), 0L), 0,
				"fanotify_init");
}
