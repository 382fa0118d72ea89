/* SPDX-License-Identifier: MIT */
/*
 * HC-07: the name of the host, as uname gives it, names the machine and often its owner.
 * Remedy: The sandbox was started without its own host name: look for `hostname` in --dry-run.
 * See: uts_namespaces(7), uname(2)
 */
#include "probe.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

PROBE("ns-hostname", "the name of the host is not told")
{
	const char *host = probe_input("CANARY_HOSTNAME");
	struct utsname u;
	long r;

	if (host == NULL || *host == '\0')
		return probe_na("needs CANARY_HOSTNAME");
	if (strcmp(host, "claude-sandbox") == 0)
		return probe_na("the host itself is called claude-sandbox");
	r = probe_sys(SYS_uname, &u);
	if (r < 0)
		return probe_unknown((int)-r, "uname", "no name at all");
	if (strcmp(u.nodename, host) == 0)
		return probe_allowed("uname", "the name is the host's");
	return probe_denied(0, "uname", "the name is %.60s", u.nodename);
}
