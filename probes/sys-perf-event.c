/* SPDX-License-Identifier: MIT */
/*
 * perf_event_open with unknown flags, which are looked at before perf_event_paranoid.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: perf_event_open(2), CVE-2013-2094
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-perf-event", "perf_event_open(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_perf_event_open, 1L, 0L, -1L, -1L, -1L), EINVAL, "perf_event");
}
