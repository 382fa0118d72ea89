/* SPDX-License-Identifier: MIT */
/*
 * SOCK_CLOEXEC and SOCK_NONBLOCK in the type: a filter that compares the type for equality misses
 * it.
 * Remedy: The filter permits AF_UNIX, AF_INET, AF_INET6 and NETLINK_ROUTE only: unset
 *   CLAUDE_SANDBOX_NO_SECCOMP.
 * See: socket(2)
 */
#include "probe.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>

PROBE("sys-socket-flags", "socket(2) with flags in its type makes no refused socket")
{
	long r = probe_sys(SYS_socket, (long)AF_NETLINK, (long)(SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK),
			   (long)NETLINK_KOBJECT_UEVENT);

	if (r < 0)
		return probe_denied((int)-r, "socket", "refused");
	return probe_allowed("socket", "descriptor %ld", r);
}
