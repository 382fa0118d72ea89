/* SPDX-License-Identifier: MIT */
/*
 * NE-01: /proc/net/tcp with the port on which the harness listens.
 *
 * Remedy: own network namespace.
 * See: proc_pid_net(5)
 */
#include "look.h"

PROBE("net-connections", "the connections of the host are not listed")
{
	static char buf[1024 * 1024];
	long port = probe_input_long("CANARY_TCP"), n;
	char want[64];

	if (port < 0)
		return probe_na("needs CANARY_TCP");
	n = probe_read_file("/proc/net/tcp", buf, sizeof(buf));
	if (n < 0)
		return probe_denied((int)-n, "openat /proc/net/tcp", "%s", probe_errno_name((int)-n));
	snprintf(want, sizeof(want), "0100007F:%04lX 00000000:0000 0A", port);
	return strstr(buf, want) != NULL
		   ? probe_allowed("read /proc/net/tcp", "the host's listener is listed")
		   : probe_denied(0, "read /proc/net/tcp", "the host's listener is not listed");
}
