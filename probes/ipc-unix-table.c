/* SPDX-License-Identifier: MIT */
/*
 * IP-02: /proc/net/unix names every socket of the network namespace, with
 * its path.
 *
 * Remedy: own network namespace.
 * See: proc_pid_net(5)
 */
#include "look.h"

PROBE("ipc-unix-table", "the sockets of the host are not listed")
{
	static char buf[1024 * 1024];
	long n = probe_read_file("/proc/net/unix", buf, sizeof(buf));

	LOOK_NEED(name, "CANARY_ABS");
	if (n < 0)
		return probe_denied((int)-n, "openat /proc/net/unix", "%s", probe_errno_name((int)-n));
	return strstr(buf, name) != NULL
		   ? probe_allowed("read /proc/net/unix", "the host's socket is listed")
		   : probe_denied(0, "read /proc/net/unix", "the host's socket is not listed");
}
