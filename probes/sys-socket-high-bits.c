/* SPDX-License-Identifier: MIT */
/*
 * The kernel reads 32 bits of family, type and protocol. The family is NETLINK_KOBJECT_UEVENT,
 * which every kernel has and the sandbox does not need.
 * Remedy: The filter permits AF_UNIX, AF_INET, AF_INET6 and NETLINK_ROUTE only: unset
 *   CLAUDE_SANDBOX_NO_SECCOMP.
 * See: socket(2), CVE-2019-10063 for the pattern
 */
#include "probe.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>

PROBE("sys-socket-high-bits", "socket(2) with garbage above the 32nd bit makes no refused socket")
{
	long r = probe_sys(SYS_socket, (long)(AF_NETLINK | 1UL << 32), (long)(SOCK_RAW | 1UL << 33),
			   (long)(NETLINK_KOBJECT_UEVENT | 1UL << 34));

	if (r < 0)
		return probe_denied((int)-r, "socket", "refused");
	return probe_allowed("socket", "descriptor %ld", r);
}
