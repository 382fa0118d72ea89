/* SPDX-License-Identifier: MIT */
/*
 * SIGURG, which is ignored by default, to a host process of the same user; the oracle outside
 * sees whether it came.
 * Remedy: The sandbox was started without a pid namespace: look at the plan with --dry-run.
 * See: kill(2), pid_namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

PROBE("ns-signal", "a process of the host can't be signalled")
{
	long pid = probe_input_long("CANARY_PID"), r;

	if (pid <= 1)
		return probe_na("needs CANARY_PID");
	r = probe_sys(SYS_kill, pid, (long)SIGURG);
	if (r == 0)
		return probe_allowed("kill SIGURG", "sent to host process %ld", pid);
	return probe_denied((int)-r, "kill SIGURG", "not sent");
}
