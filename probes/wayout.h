/* SPDX-License-Identifier: MIT */
/* Whether a TCP connection leaves this machine: its packets have one hop to live, so that they reach nobody. */
#ifndef WAYOUT_H
#define WAYOUT_H

#include "sock.h"

#include <linux/errqueue.h>

/* What the family calls these. */
struct wayout_family {
	int level, hops, errors, origin, type;
};
static const struct wayout_family wayout_ip4 = { IPPROTO_IP, IP_TTL, IP_RECVERR, SO_EE_ORIGIN_ICMP, 11 };
static const struct wayout_family wayout_ip6 = { IPPROTO_IPV6, IPV6_UNICAST_HOPS, IPV6_RECVERR,
						 SO_EE_ORIGIN_ICMP6, 3 };

/* True when a router counted the packet's hops: it was on its way. */
static inline bool wayout_counted(int fd, const struct wayout_family *f)
{
	char control[512];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;

	if (probe_sys(SYS_recvmsg, (long)fd, &m, (long)MSG_ERRQUEUE) < 0)
		return false;
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, (struct cmsghdr *)(unsigned long)c)) {
		const struct sock_extended_err *e =
		    (const struct sock_extended_err *)(const void *)CMSG_DATA(c);

		if (c->cmsg_level == f->level && e->ee_origin == f->origin && e->ee_type == f->type)
			return true;
	}
	return false;
}

static inline struct probe_result wayout_tcp(const void *sa, size_t len)
{
	const int family = ((const struct sockaddr *)sa)->sa_family;
	const struct wayout_family *f = family == AF_INET ? &wayout_ip4 : &wayout_ip6;
	int fd = sock_new(family, SOCK_STREAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	const int one = 1;
	bool left;
	long r;
	char c;

	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	probe_sys(SYS_setsockopt, (long)fd, (long)f->level, (long)f->hops, &one, (long)sizeof(one));
	probe_sys(SYS_setsockopt, (long)fd, (long)f->level, (long)f->errors, &one, (long)sizeof(one));
	r = probe_sys(SYS_connect, (long)fd, sa, (long)len);
	left = r == -EINPROGRESS;
	if (left)
		r = poll(&p, 1, look_hasty() ? 200 : SOCK_WAIT) > 0 ? -sock_finish(fd) : 0;
	p.events = POLLIN;
	if (r == 0 && p.revents != 0)
		r = poll(&p, 1, 500) > 0 && probe_sys(SYS_read, (long)fd, &c, 1L) <= 0 ? -ECONNRESET : 0;
	if (r == -EHOSTUNREACH && left && wayout_counted(fd, f))
		r = 0;
	look_close(fd);
	return r == 0 ? probe_allowed("connect", "the packet left, and nothing of the sandbox refused it")
		      : probe_denied((int)-r, "connect", "%s", probe_errno_name((int)-r));
}

#endif
