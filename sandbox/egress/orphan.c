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

/* The port as the network has it. */
static struct ipaddr split(const struct sockaddr_storage *a, uint16_t *ret_port)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)a;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)a;
	bool ip6 = a->ss_family == AF_INET6;

	*ret_port = ip6 ? six->sin6_port : four->sin_port;
	return ip6 ? ipaddr_of(&six->sin6_addr, 16) : ipaddr_of(&four->sin_addr, 4);
}

/* Who is at the other end, and what that connected to. */
static bool ends_of(const struct egress *e, int fd, bool redirected, struct ipaddr *from, uint16_t *from_port,
		    struct ipaddr *to, uint16_t *to_port)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);

	if (getpeername(fd, (struct sockaddr *)&a, &len) < 0)
		return false;
	*from = split(&a, from_port);
	if (redirected) {
		bool known = listen_meant(e, fd, to, to_port);

		*to_port = htons(*to_port);
		return known;
	}
	len = sizeof(a);
	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return false;
	*to = split(&a, to_port);
	return true;
}

int orphan_ask(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
}

bool orphan_is(const struct egress *e, int diag, int fd, bool redirected)
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
	ssize_t n;

	if (diag < 0 ||
	    !ends_of(e, fd, redirected, &from, &ask.r.id.idiag_sport, &to, &ask.r.id.idiag_dport) ||
	    from.bytes != to.bytes)
		return false;
	ask.r.sdiag_family = from.bytes == 16 ? AF_INET6 : AF_INET;
	put(ask.r.id.idiag_src, &from);
	put(ask.r.id.idiag_dst, &to);
	if (send(diag, &ask, sizeof(ask), MSG_DONTWAIT) != sizeof(ask))
		return false;
	/* The kernel has answered before send(2) returns. A socket that nobody holds has no inode. */
	n = recv(diag, &told, sizeof(told), MSG_DONTWAIT);
	return n >= (ssize_t)(sizeof(told.h) + sizeof(told.m)) && told.h.nlmsg_type == SOCK_DIAG_BY_FAMILY &&
	       told.m.id.idiag_sport == ask.r.id.idiag_sport &&
	       told.m.id.idiag_dport == ask.r.id.idiag_dport && told.m.idiag_inode == 0;
}
