/* SPDX-License-Identifier: MIT */
/*
 * PR-14: who is in the launcher's session and process group can stop and
 * end it and its whole job with kill(0, ...), as job control does. Inside
 * the sandbox a session or group of outside has the number 0.
 *
 * Remedy: leave --tty direct out: with a terminal of its own the sandbox is
 *         a session of its own.
 * See: setsid(2); credentials(7); pid_namespaces(7)
 */
#include "look.h"

PROBE("tty-session", "the session and the process group of the launcher are not those inside")
{
	long session = probe_sys(SYS_getsid, 0L), group = probe_sys(SYS_getpgid, (long)getppid());

	LOOK_NEED(tty, "CANARY_TTY");
	if (session < 0 || group < 0)
		return probe_unknown((int)-(session < 0 ? session : group), "getsid", "no session");
	if (session == 0 || group == 0)
		return probe_allowed("getsid", "the %s is one of outside",
				     group == 0 ? "process group" : "session");
	/* PID 1 leads every session that the sandbox has of its own. */
	if (session == 1)
		return probe_denied(0, "getsid", "the session is that of the sandbox's PID 1");
	return probe_allowed("getsid", "the session is that of process %ld", session);
}
