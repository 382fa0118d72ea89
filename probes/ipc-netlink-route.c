/* SPDX-License-Identifier: MIT */
/*
 * IP-11: RTM_GETLINK with the hardware addresses.
 *
 * Remedy: own network namespace.
 * See: rtnetlink(7)
 */
#include "sock.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static bool has_mac(const char *buf, long n, const char *list)
{
	for (const char *p = list; (p = strchr(p, '=')) != NULL; p++) {
		unsigned char mac[6];

		if (sscanf(p, "=%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2], &mac[3],
			   &mac[4], &mac[5]) == 6 &&
		    memmem(buf, (size_t)n, mac, sizeof(mac)) != NULL)
			return true;
	}
	return false;
}

PROBE("ipc-netlink-route", "a route netlink dump does not list the host's interfaces")
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} ask = { 0 };
	static char buf[64 * 1024];
	bool hit = false;
	long r;
	int fd;

	LOOK_NEED(list, "CANARY_IFACES");
	fd = sock_new(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	ask.h.nlmsg_len = sizeof(ask);
	ask.h.nlmsg_type = RTM_GETLINK;
	ask.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	r = probe_sys(SYS_sendto, (long)fd, &ask, (long)sizeof(ask), 0L, NULL, 0L);
	if (r < 0) {
		look_close(fd);
		return probe_denied((int)-r, "sendto RTM_GETLINK", "%s", probe_errno_name((int)-r));
	}
	while (!hit && sock_wait(fd, POLLIN)) {
		r = probe_sys(SYS_read, (long)fd, buf, (long)sizeof(buf));
		if (r < (long)sizeof(struct nlmsghdr) ||
		    ((struct nlmsghdr *)(void *)buf)->nlmsg_type == NLMSG_DONE)
			break;
		hit = has_mac(buf, r, list);
	}
	look_close(fd);
	return hit ? probe_allowed("RTM_GETLINK", "an interface of the host is in the dump")
		   : probe_denied(0, "RTM_GETLINK", "no interface of the host is in the dump");
}
