/* SPDX-License-Identifier: MIT */
#include "orphan.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "egress/listen.h"

static void put(uint32_t to[4], const struct ipaddr *a)
{
	memcpy(to, a->byte, a->bytes);
}

/* Who is at the other end. */
static bool client_of(int fd, struct ipaddr *ret, uint16_t *ret_port)
{
	struct sockaddr_storage a = { 0 };
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)&a;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)&a;
	bool ip6;
	socklen_t len = sizeof(a);

	if (getpeername(fd, (struct sockaddr *)&a, &len) < 0)
		return false;
	ip6 = a.ss_family == AF_INET6;
	*ret = ip6 ? ipaddr_of(&six->sin6_addr, 16) : ipaddr_of(&four->sin_addr, 4);
	*ret_port = ip6 ? six->sin6_port : four->sin_port;
	return true;
}

bool orphan_is(const struct egress *e, int fd)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} ask = { .h = { .nlmsg_len = sizeof(ask),
			 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_REQUEST },
		  .r = { .sdiag_protocol = IPPROTO_TCP,
			 .idiag_states = ~0u,
			 .id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } } };
	struct {
		struct nlmsghdr h;
		struct inet_diag_msg m;
		char rest[1024];
	} told;
	struct ipaddr from, to;
	uint16_t port;
	ssize_t n;

	if (e->gateway.diag < 0 || !client_of(fd, &from, &ask.r.id.idiag_sport) ||
	    !listen_meant(e, fd, &to, &port) || from.bytes != to.bytes)
		return false;
	ask.r.sdiag_family = from.bytes == 16 ? AF_INET6 : AF_INET;
	ask.r.id.idiag_dport = htons(port);
	put(ask.r.id.idiag_src, &from);
	put(ask.r.id.idiag_dst, &to);
	if (send(e->gateway.diag, &ask, sizeof(ask), MSG_DONTWAIT) != sizeof(ask))
		return false;
	/* The kernel has answered before send(2) returns. A socket that nobody holds has no inode. */
	n = recv(e->gateway.diag, &told, sizeof(told), MSG_DONTWAIT);
	return n >= (ssize_t)(sizeof(told.h) + sizeof(told.m)) && told.h.nlmsg_type == SOCK_DIAG_BY_FAMILY &&
	       told.m.id.idiag_sport == ask.r.id.idiag_sport &&
	       told.m.id.idiag_dport == ask.r.id.idiag_dport && told.m.idiag_inode == 0;
}
