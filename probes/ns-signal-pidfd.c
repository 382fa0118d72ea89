/* SPDX-License-Identifier: MIT */
/*
 * pidfd_open and pidfd_send_signal on a host process: another way to the same.
 * Remedy: The sandbox was started without a pid namespace: look at the plan with --dry-run.
 * See: pidfd_send_signal(2)
 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

PROBE("ns-signal-pidfd", "a process of the host can't be signalled by pidfd")
{
	long pid = probe_input_long("CANARY_PID"), fd, r;

	if (pid <= 1)
		return probe_na("needs CANARY_PID");
	fd = probe_sys(SYS_pidfd_open, pid, 0L);
	if (fd < 0)
		return probe_denied((int)-fd, "pidfd_open", "no descriptor of host process %ld", pid);
	r = probe_sys(SYS_pidfd_send_signal, fd, (long)SIGURG, 0L, 0L);
	if (r == 0)
		return probe_allowed("pidfd_send_signal", "sent to host process %ld", pid);
	return probe_denied((int)-r, "pidfd_send_signal", "host process %ld is visible, signal not sent",
			    pid);
}
