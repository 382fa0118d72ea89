/* SPDX-License-Identifier: MIT */
/* Two network namespaces that an Ethernet cable joins, by rtnetlink(7). */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress/nftables.h"
#include "mem.h"

#define DEVICE	 "cshost"
#define PEER	 "cspeer"
/* RFC 5737 and RFC 3849: for documentation, never somebody's. */
#define ADDRESS4 "203.0.113.254"
#define ADDRESS6 "2001:db8::fe"

static int outside = -1; /* owned; the namespace at the other end of the cable */
static bool outside6;	 /* with IPv6 */

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

/* The peer lies in the other namespace from its birth. */
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
	attr(&q, IFLA_NET_NS_FD, &outside, sizeof(outside));
	end_nest(&q, peer);
	end_nest(&q, data);
	end_nest(&q, info);
	return ask(fd, &q);
}

static int add_address(int fd, const char *device, unsigned char family, const char *text, unsigned char bits)
{
	unsigned char address[16];
	struct ifaddrmsg body = { .ifa_family = family,
				  .ifa_prefixlen = bits,
				  .ifa_flags = IFA_F_NODAD,
				  .ifa_index = if_nametoindex(device) };
	struct request q = request(RTM_NEWADDR, NLM_F_CREATE, &body, sizeof(body));
	size_t n = family == AF_INET ? 4 : 16;

	if (inet_pton(family, text, address) != 1)
		return -EINVAL;
	attr(&q, IFA_LOCAL, address, n);
	attr(&q, IFA_ADDRESS, address, n);
	return ask(fd, &q);
}

static int add_default_route(int fd, const char *device, unsigned char family)
{
	int index = (int)if_nametoindex(device);
	struct rtmsg body = { .rtm_family = family,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_STATIC,
			      .rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST };
	struct request q = request(RTM_NEWROUTE, NLM_F_CREATE, &body, sizeof(body));

	attr(&q, RTA_OIF, &index, sizeof(index));
	return ask(fd, &q);
}

/* A new namespace with its loopback, and a socket to it. Owned; -errno. */
static int make_netns(struct diag *d)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return diag_errno(d, -errno, "a network namespace for the scratch box");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return diag_errno(d, -errno, "rtnetlink");
	r = link_up(fd, "lo");
	return r < 0 ? diag_errno(d, r, "bringing up loopback") : TAKE_FD(fd);
}

/* Enters that one; its descriptor for the way back, owned; -errno. */
static int go_outside(void)
{
	AUTO_CLOSE int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return home < 0 || setns(outside, CLONE_NEWNET) < 0 ? -errno : TAKE_FD(home);
}

/* Where the hosts are: what comes goes back by the cable. fd: a socket of there. */
static int furnish_outside(int fd)
{
	AUTO_CLOSE int home = go_outside();
	int r = home < 0 ? home : link_up(fd, PEER);

	if (r == 0)
		r = add_default_route(fd, PEER, AF_INET);
	outside6 = r == 0 && add_default_route(fd, PEER, AF_INET6) == 0;
	if (home >= 0 && setns(home, CLONE_NEWNET) < 0)
		return -errno;
	return r;
}

int netns_enter(struct diag *d)
{
	AUTO_CLOSE int there = make_netns(d), here = -1;
	int r;

	if (there < 0)
		return there;
	mem_close_fd(&outside);
	outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (outside < 0)
		return diag_errno(d, -errno, "/proc/self/ns/net");
	here = make_netns(d);
	if (here < 0)
		return here;
	/* A kernel without veth: the rows that need a way out are skipped, and say so. */
	if (make_veth(here) < 0) {
		mem_close_fd(&outside);
		return 0;
	}
	r = link_up(here, DEVICE);
	if (r == 0)
		r = furnish_outside(there);
	if (r < 0)
		return diag_errno(d, r, "the network outside of the scratch box");
	if (add_address(here, DEVICE, AF_INET, ADDRESS4, 24) == 0)
		add_default_route(here, DEVICE, AF_INET);
	outside6 = add_address(here, DEVICE, AF_INET6, ADDRESS6, 64) == 0 &&
		   add_default_route(here, DEVICE, AF_INET6) == 0 && outside6;
	return 0;
}

/* With an address of one of the two ends. */
static int add_to(const char *device, unsigned char family, const char *address)
{
	AUTO_CLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : add_address(fd, device, family, address, family == AF_INET ? 32 : 128);
}

bool netns_has_outside(void)
{
	return outside >= 0;
}

bool netns_has_outside6(void)
{
	return outside >= 0 && outside6;
}

/* Egress's own rules, for a device that nobody has: they are refused where it must do without. */
bool netns_has_rules(void)
{
	static enum { NOT_TRIED, NO, YES } has;

	if (has == NOT_TRIED) {
		AUTO_CLOSE int home = go_outside();
		const struct in_addr nobody = { 0 };
		const char *what;

		has = home >= 0 && nftables_only_tcp(INT_MAX, nobody, 0, &what) == 0 ? YES : NO;
		if (home >= 0 && setns(home, CLONE_NEWNET) < 0)
			abort();
	}
	return has == YES;
}

int netns_socket(bool out, const char *address, unsigned port, int type)
{
	AUTO_CLOSE int home = -1, fd = -1;
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	bool is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
	const struct sockaddr *sa = is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
	int r = 0;

	if (!is_six && inet_pton(AF_INET, address, &four.sin_addr) != 1)
		return -EINVAL;
	if (out) {
		home = go_outside();
		if (home < 0)
			return home;
	}
	if (is_six || four.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
		r = add_to(out ? PEER : DEVICE, (unsigned char)sa->sa_family, address);
	if (r == -EEXIST)
		r = 0;
	if (r == 0)
		fd = socket(sa->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r == 0 && (fd < 0 || bind(fd, sa, is_six ? sizeof(six) : sizeof(four)) < 0 ||
		       (type == SOCK_STREAM && listen(fd, 64) < 0)))
		r = -errno;
	if (out && setns(home, CLONE_NEWNET) < 0)
		return -errno;
	return r < 0 ? r : TAKE_FD(fd);
}
