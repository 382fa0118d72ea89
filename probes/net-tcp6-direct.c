/* SPDX-License-Identifier: MIT */
/*
 * NE-02: a documentation address, with a hop limit of 1.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: RFC 3849; connect(2) ENETUNREACH
 */
#include "sock.h"

#include <linux/errqueue.h>

/* True when a router counted the packet's hops: it was on its way. */
static bool hop_limit_was_reached(int fd)
{
	char control[512];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;

	if (probe_sys(SYS_recvmsg, (long)fd, &m, (long)MSG_ERRQUEUE) < 0)
		return false;
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, (struct cmsghdr *)(unsigned long)c)) {
		const struct sock_extended_err *e =
		    (const struct sock_extended_err *)(const void *)CMSG_DATA(c);

		if (c->cmsg_level == IPPROTO_IPV6 && e->ee_origin == SO_EE_ORIGIN_ICMP6 && e->ee_type == 3)
			return true;
	}
	return false;
}

PROBE("net-tcp6-direct", "a TCP connection over IPv6 to an address outside has no route")
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons(443) };
	struct pollfd p = { .events = POLLIN };
	const int one = 1;
	bool left;
	long r;
	char c;
	int fd;

	LOOK_NEED(route, "CANARY_ROUTE6");
	fd = sock_new(AF_INET6, SOCK_STREAM, 0);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	inet_pton(AF_INET6, "2001:db8::1", &sa.sin6_addr);
	probe_sys(SYS_setsockopt, (long)fd, (long)IPPROTO_IPV6, (long)IPV6_UNICAST_HOPS, &one,
		  (long)sizeof(one));
	probe_sys(SYS_setsockopt, (long)fd, (long)IPPROTO_IPV6, (long)IPV6_RECVERR, &one, (long)sizeof(one));
	r = probe_sys(SYS_connect, (long)fd, &sa, (long)sizeof(sa));
	left = r == -EINPROGRESS;
	p.fd = fd;
	p.events = POLLOUT;
	if (left)
		r = poll(&p, 1, look_hasty() ? 200 : SOCK_WAIT) > 0 ? -sock_finish(fd) : 0;
	p.events = POLLIN;
	if (r == 0 && p.revents != 0)
		r = poll(&p, 1, 500) > 0 && probe_sys(SYS_read, (long)fd, &c, 1L) <= 0 ? -ECONNRESET : 0;
	if (r == -EHOSTUNREACH && left && hop_limit_was_reached(fd))
		r = 0;
	look_close(fd);
	return r == 0 ? probe_allowed("connect", "the packet left, and nothing of the sandbox refused it")
		      : probe_denied((int)-r, "connect", "%s", probe_errno_name((int)-r));
}
