/* SPDX-License-Identifier: MIT */
/* A network namespace with an Ethernet device and default routes, by rtnetlink(7). */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

#define DEVICE	 "cshost"
#define PEER	 "cspeer"
/* RFC 5737 and RFC 3849: for documentation, never somebody's. */
#define ADDRESS4 "203.0.113.254"
#define ADDRESS6 "2001:db8::fe"

struct request {
	struct nlmsghdr head;
	char body[512];
};

/* Appends n bytes, aligned; where they went. */
static void *put(struct request *q, const void *data, size_t n)
{
	char *at = (char *)q + NLMSG_ALIGN(q->head.nlmsg_len);

	if (n > 0)
		memcpy(at, data, n);
	q->head.nlmsg_len = (unsigned)(NLMSG_ALIGN(q->head.nlmsg_len) + n);
	return at;
}

static struct rtattr *attr(struct request *q, unsigned short type, const void *data, size_t n)
{
	struct rtattr a = { .rta_len = (unsigned short)RTA_LENGTH(n), .rta_type = type };
	struct rtattr *at = put(q, &a, sizeof(a));

	if (n > 0)
		put(q, data, n);
	return at;
}

static void end_nest(const struct request *q, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((const char *)q + q->head.nlmsg_len - (char *)nest);
}

static struct request request(unsigned short type, unsigned short flags, const void *body, size_t n)
{
	struct request q = { .head = { .nlmsg_len = NLMSG_HDRLEN,
				       .nlmsg_type = type,
				       .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags) } };

	put(&q, body, n);
	return q;
}

/* The kernel's answer: 0 or -errno. */
static int ask(int fd, const struct request *q)
{
	char answer[1024];
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)answer;
	const struct nlmsgerr *e;
	ssize_t n;

	if (send(fd, q, q->head.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, answer, sizeof(answer), 0);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(*e)) || h->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	e = NLMSG_DATA(h);
	return e->error;
}

static int link_up(int fd, const char *name)
{
	struct ifinfomsg body = { .ifi_index = (int)if_nametoindex(name),
				  .ifi_flags = IFF_UP,
				  .ifi_change = IFF_UP };
	struct request q = request(RTM_NEWLINK, 0, &body, sizeof(body));

	return body.ifi_index == 0 ? -ENODEV : ask(fd, &q);
}

static int make_veth(int fd)
{
	struct ifinfomsg body = { 0 };
	struct request q = request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	struct rtattr *info, *data, *peer;

	attr(&q, IFLA_IFNAME, DEVICE, sizeof(DEVICE));
	info = attr(&q, IFLA_LINKINFO, NULL, 0);
	attr(&q, IFLA_INFO_KIND, "veth", sizeof("veth"));
	data = attr(&q, IFLA_INFO_DATA, NULL, 0);
	peer = attr(&q, VETH_INFO_PEER, NULL, 0);
	put(&q, &body, sizeof(body));
	attr(&q, IFLA_IFNAME, PEER, sizeof(PEER));
	end_nest(&q, peer);
	end_nest(&q, data);
	end_nest(&q, info);
	return ask(fd, &q);
}

static int add_address(int fd, unsigned char family, const char *text, unsigned char bits)
{
	unsigned char address[16];
	struct ifaddrmsg body = { .ifa_family = family,
				  .ifa_prefixlen = bits,
				  .ifa_flags = IFA_F_NODAD,
				  .ifa_index = if_nametoindex(DEVICE) };
	struct request q = request(RTM_NEWADDR, NLM_F_CREATE, &body, sizeof(body));
	size_t n = family == AF_INET ? 4 : 16;

	if (inet_pton(family, text, address) != 1)
		return -EINVAL;
	attr(&q, IFA_LOCAL, address, n);
	attr(&q, IFA_ADDRESS, address, n);
	return ask(fd, &q);
}

static int add_default_route(int fd, unsigned char family)
{
	int index = (int)if_nametoindex(DEVICE);
	struct rtmsg body = { .rtm_family = family,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_STATIC,
			      .rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST };
	struct request q = request(RTM_NEWROUTE, NLM_F_CREATE, &body, sizeof(body));

	attr(&q, RTA_OIF, &index, sizeof(index));
	return ask(fd, &q);
}

int netns_enter(struct diag *d)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return diag_errno(d, -errno, "a network namespace for the scratch box");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return diag_errno(d, -errno, "rtnetlink");
	r = link_up(fd, "lo");
	if (r < 0)
		return diag_errno(d, r, "bringing up loopback");
	/* A kernel without veth: the rows that need a way out are skipped, and say so. */
	if (make_veth(fd) < 0 || link_up(fd, DEVICE) < 0 || link_up(fd, PEER) < 0)
		return 0;
	if (add_address(fd, AF_INET, ADDRESS4, 24) == 0)
		add_default_route(fd, AF_INET);
	if (add_address(fd, AF_INET6, ADDRESS6, 64) == 0)
		add_default_route(fd, AF_INET6);
	return 0;
}
