/* SPDX-License-Identifier: MIT */
#include "reach.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As the kernel would route it now: nothing but another machine's own address will do. */
static bool is_own(struct egress *e, const struct ipaddr *a)
{
	struct rtmsg m = { .rtm_family = a->bytes == 16 ? AF_INET6 : AF_INET,
			   .rtm_dst_len = (unsigned char)(a->bytes * 8) };
	struct rtmsg got;
	int r;

	netlink_begin(&e->routes, RTM_GETROUTE, 0, &m, sizeof(m), NULL);
	netlink_put(&e->routes, RTA_DST, a->byte, a->bytes);
	r = netlink_ask(&e->routes, RTM_NEWROUTE, &got, sizeof(got));
	/* No route at all: connect(2) says so, in its own words. Without an answer it is taken for our own. */
	if (r < 0)
		return r != -ENETUNREACH && r != -EHOSTUNREACH;
	return got.rtm_type != RTN_UNICAST && got.rtm_type != RTN_UNREACHABLE;
}

bool reach_is_own(struct egress *e, const struct ipaddr *a)
{
	bool own = is_own(e, a);
	struct ipaddr inner;
	size_t i = 0;

	while (!own && ipaddr_inside(a, &i, &inner))
		own = is_own(e, &inner);
	return own;
}

int reach_from(int fd, const struct ipaddr *a, uint16_t port)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool six = a->bytes == 16;
	int one = 1;

	memcpy(six ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr, a->byte, a->bytes);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (connect(fd, six ? (const struct sockaddr *)&to6 : (const struct sockaddr *)&to4,
		    six ? sizeof(to6) : sizeof(to4)) < 0 &&
	    errno != EINPROGRESS)
		return -1;
	return 0;
}

int reach_begin(const struct ipaddr *a, uint16_t port)
{
	int fd = socket(a->bytes == 16 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (reach_from(fd, a, port) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}
