/* SPDX-License-Identifier: MIT */
/*
 * IP-11: a socket of NETLINK_KOBJECT_UEVENT joins the kernel's group: every
 * disk and key that is plugged in would be told.
 *
 * Remedy: only NETLINK_ROUTE in the filter.
 * See: netlink(7)
 */
#include "sock.h"

#include <linux/netlink.h>

PROBE("ipc-uevent", "device events of the kernel cannot be listened to")
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = sock_new(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	long r;

	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_bind, (long)fd, &sa, (long)sizeof(sa));
	look_close(fd);
	return r == 0 ? probe_allowed("bind", "joined the group")
		      : probe_denied((int)-r, "bind", "%s", probe_errno_name((int)-r));
}
