/* SPDX-License-Identifier: MIT */
/*
 * EF-09: ignored and blocked signals go through exec: a command that never
 * sees its SIGUSR1 or SIGTERM behaves as no one tested it.
 *
 * Remedy: let init set every signal to its default and unblock all before
 *         the command.
 * See: signal(7); execve(2)
 */
#include "look.h"

PROBE("env-signals", "a signal that the launcher was started to ignore is not ignored inside")
{
	long sig = probe_input_long("CANARY_SIGIGN");
	unsigned long long bits;
	char buf[8192], *p;

	if (sig < 1 || sig > 64)
		return probe_na("needs CANARY_SIGIGN");
	if (probe_read_file("/proc/self/status", buf, sizeof(buf)) < 0 ||
	    (p = strstr(buf, "\nSigIgn:")) == NULL)
		return probe_unknown(0, "/proc/self/status", "no line SigIgn");
	bits = strtoull(p + 8, NULL, 16);
	return bits >> (sig - 1) & 1 ? probe_allowed("SigIgn", "signal %ld is ignored", sig)
				     : probe_denied(0, "SigIgn", "%#llx", bits);
}
