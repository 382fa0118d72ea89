/* SPDX-License-Identifier: MIT */
/*
 * NE-21: RTM_NEWADDR of a documentation address on lo: with capabilities
 * over its network namespace a sandbox undoes its own rules.
 *
 * Remedy: no capabilities over the network namespace; let the host own it.
 * See: rtnetlink(7)
 */
#include "sock.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static struct probe_result act(const char *where)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg a;
		struct rtattr t;
		unsigned address;
	} ask = { 0 };
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[1024];
	} answer = { 0 };
	int fd = sock_new(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	long r = fd;

	ask.h.nlmsg_len = sizeof(ask);
	ask.h.nlmsg_type = RTM_NEWADDR;
	ask.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	ask.a.ifa_family = AF_INET;
	ask.a.ifa_prefixlen = 32;
	ask.a.ifa_index = 1;
	ask.t.rta_len = sizeof(ask.t) + 4;
	ask.t.rta_type = IFA_LOCAL;
	ask.address = htonl(0xcb007102);
	if (fd >= 0)
		r = probe_sys(SYS_sendto, (long)fd, &ask, (long)sizeof(ask), 0L, NULL, 0L);
	if (r >= 0 && sock_wait(fd, POLLIN)) {
		r = probe_sys(SYS_read, (long)fd, &answer, (long)sizeof(answer));
		if (r >= 0)
			r = answer.e.error;
	}
	if (r == 0) {
		ask.h.nlmsg_type = RTM_DELADDR;
		ask.h.nlmsg_flags = NLM_F_REQUEST;
		probe_sys(SYS_sendto, (long)fd, &ask, (long)sizeof(ask), 0L, NULL, 0L);
	}
	look_close(fd);
	return r >= 0 ? probe_allowed("RTM_NEWADDR", "added %s, and removed", where)
		      : probe_denied((int)-r, "RTM_NEWADDR", "%s", probe_errno_name((int)-r));
}

static struct probe_result own(void *arg)
{
	long r = look_own_ns(CLONE_NEWNET);

	(void)arg;
	return r < 0 ? probe_denied((int)-r, "unshare", "%s", probe_errno_name((int)-r))
		     : act("in a namespace of its own");
}

PROBE("net-route-change", "routes and addresses cannot be changed")
{
	struct probe_result r = act("here");

	return r.seen == PROBE_DENIED ? probe_in_child(own, NULL, 4) : r;
}
