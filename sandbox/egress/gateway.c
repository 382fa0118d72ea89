/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress/orphan.h"
#include "mem.h"
#include "netlink.h"
#include "nftables.h"
#include "util.h"

#define MTU	  65535 /* one packet carries what a large write brings */
#define GW_NAME	  "gw0"
#define BOX_NAME  "eth0"
/* Not the same in both, as they would be by themselves: then the kernel does not hurry to use a new carrier. */
#define GW_INDEX  100
#define BOX_INDEX 101
#define UP_MS	  10000
#define BACKLOG	  4096

static const uint8_t gw_mac[6] = { 2, 0, 0, 0, 0, 1 }, box_mac[6] = { 2, 0, 0, 0, 0, 2 };

struct address {
	int family;
	unsigned char bytes[16];
	unsigned size;
};

static struct address address_of(const char *text)
{
	struct address a = { .family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET };

	a.size = a.family == AF_INET6 ? 16 : 4;
	inet_pton(a.family, text, a.bytes);
	return a;
}

/* --- requests */

/* Up; addresses of their own come from nobody, so the kernel need not look for routers. */
static void put_up(struct netlink *n, const char *name, uint32_t mtu, const char *what)
{
	struct ifinfomsg m = { .ifi_index = (int)if_nametoindex(name),
			       .ifi_flags = IFF_UP,
			       .ifi_change = IFF_UP };

	netlink_begin(n, RTM_NEWLINK, 0, &m, sizeof(m), what);
	if (mtu != 0)
		netlink_put32(n, IFLA_MTU, mtu);
}

static void put_quiet(struct netlink *n, const char *name, const char *what)
{
	struct ifinfomsg m = { .ifi_index = (int)if_nametoindex(name) };
	uint8_t none = IN6_ADDR_GEN_MODE_NONE;
	size_t spec, ip6;

	netlink_begin(n, RTM_NEWLINK, 0, &m, sizeof(m), what);
	spec = netlink_nest(n, IFLA_AF_SPEC);
	ip6 = netlink_nest(n, AF_INET6);
	netlink_put(n, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof(none));
	netlink_end(n, ip6);
	netlink_end(n, spec);
}

static void put_veth(struct netlink *n, int box)
{
	struct ifinfomsg gw = { .ifi_index = GW_INDEX }, other = { .ifi_index = BOX_INDEX };
	size_t info, data, peer;

	netlink_begin(n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &gw, sizeof(gw), "a veth pair");
	netlink_put_text(n, IFLA_IFNAME, GW_NAME);
	netlink_put(n, IFLA_ADDRESS, gw_mac, sizeof(gw_mac));
	info = netlink_nest(n, IFLA_LINKINFO);
	netlink_put_text(n, IFLA_INFO_KIND, "veth");
	data = netlink_nest(n, IFLA_INFO_DATA);
	peer = netlink_nest(n, VETH_INFO_PEER);
	netlink_raw(n, &other, sizeof(other));
	netlink_put_text(n, IFLA_IFNAME, BOX_NAME);
	netlink_put(n, IFLA_ADDRESS, box_mac, sizeof(box_mac));
	netlink_put32(n, IFLA_NET_NS_FD, (uint32_t)box);
	netlink_end(n, peer);
	netlink_end(n, data);
	netlink_end(n, info);
}

static void put_address(struct netlink *n, const char *name, const char *text, uint8_t bits, const char *what)
{
	struct address a = address_of(text);
	struct ifaddrmsg m = { .ifa_family = (uint8_t)a.family,
			       .ifa_prefixlen = bits,
			       .ifa_flags = a.family == AF_INET6 ? IFA_F_NODAD : 0,
			       .ifa_index = if_nametoindex(name) };

	netlink_begin(n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m), what);
	netlink_put(n, IFA_LOCAL, a.bytes, a.size);
	netlink_put(n, IFA_ADDRESS, a.bytes, a.size);
}

/*
 * Each side knows the other for good. The box would not answer when the gateway looks for it after half a minute of
 * silence: its rules have a route back for TCP and names, and a question of ARP is neither.
 */
static void put_neighbour(struct netlink *n, const char *name, const char *text, const uint8_t mac[6],
			  const char *what)
{
	struct address a = address_of(text);
	struct ndmsg m = { .ndm_family = (uint8_t)a.family,
			   .ndm_ifindex = (int)if_nametoindex(name),
			   .ndm_state = NUD_PERMANENT };

	netlink_begin(n, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &m, sizeof(m), what);
	netlink_put(n, NDA_DST, a.bytes, a.size);
	netlink_put(n, NDA_LLADDR, mac, 6);
}

/* That the kernel makes for every interface: where a datagram to a group goes, before any rule is asked. */
static void put_no_groups(struct netlink *n, const char *device)
{
	struct address a = address_of("ff00::");
	struct rtmsg m = { .rtm_family = AF_INET6,
			   .rtm_dst_len = 8,
			   .rtm_table = RT_TABLE_LOCAL,
			   .rtm_type = RTN_MULTICAST };

	netlink_begin(n, RTM_DELROUTE, 0, &m, sizeof(m), "the route to groups");
	netlink_put(n, RTA_DST, a.bytes, a.size);
	netlink_put32(n, RTA_OIF, if_nametoindex(device));
}

static void put_route(struct netlink *n, const char *to, uint8_t bits, uint8_t type, const char *by,
		      const char *device, const char *what)
{
	struct address a = address_of(to);
	uint8_t scope = a.family == AF_INET6		    ? RT_SCOPE_UNIVERSE
			: type == RTN_LOCAL		    ? RT_SCOPE_HOST
			: type == RTN_UNICAST && by == NULL ? RT_SCOPE_LINK
							    : RT_SCOPE_UNIVERSE;
	struct rtmsg m = {
		.rtm_family = (uint8_t)a.family,
		.rtm_dst_len = bits,
		/* Behind the table of local addresses, so that the box's own one stays with the box. */
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = scope,
		.rtm_type = type
	};

	netlink_begin(n, RTM_NEWROUTE, NLM_F_CREATE, &m, sizeof(m), what);
	if (bits > 0)
		netlink_put(n, RTA_DST, a.bytes, a.size);
	if (by != NULL) {
		struct address g = address_of(by);

		netlink_put(n, RTA_GATEWAY, g.bytes, g.size);
	}
	if (device != NULL)
		netlink_put32(n, RTA_OIF, if_nametoindex(device));
	if (type != RTN_UNREACHABLE) {
		size_t metrics = netlink_nest(n, RTA_METRICS);

		netlink_put_text(n, RTAX_CC_ALGO, GATEWAY_CONGESTION);
		netlink_end(n, metrics);
	}
}

/* Who may use the routes at all. proto 0: all the rest, which has none. */
static void put_rule(struct netlink *n, int family, uint32_t priority, uint8_t proto, const char *to,
		     uint16_t port, const char *what)
{
	struct address a = to != NULL ? address_of(to) : (struct address){ 0 };
	struct fib_rule_hdr m = { .family = (uint8_t)family,
				  .dst_len = (uint8_t)(a.size * 8),
				  .table = proto != 0 ? RT_TABLE_MAIN : RT_TABLE_UNSPEC,
				  .action = proto != 0 ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE };
	struct fib_rule_port_range range = { port, port };

	netlink_begin(n, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m), what);
	netlink_put32(n, FRA_PRIORITY, priority);
	if (proto != 0)
		netlink_put(n, FRA_IP_PROTO, &proto, sizeof(proto));
	if (to != NULL)
		netlink_put(n, FRA_DST, a.bytes, a.size);
	if (port != 0)
		netlink_put(n, FRA_DPORT_RANGE, &range, sizeof(range));
}

/* But for the name server, which has no address of IPv6. */
static void put_tcp_alone(struct netlink *n, int family)
{
	static const char what[] = "a routing rule (CONFIG_IP_MULTIPLE_TABLES)";

	put_rule(n, family, 100, IPPROTO_TCP, NULL, 0, what);
	if (family == AF_INET)
		put_rule(n, family, 101, IPPROTO_UDP, GATEWAY_IP4, GATEWAY_DNS_PORT, what);
	put_rule(n, family, 102, 0, NULL, 0, what);
}

/* --- sockets */

static int on(int fd, int level, int option)
{
	int one = 1;

	return setsockopt(fd, level, option, &one, sizeof(one)) < 0 ? -errno : 0;
}

int gateway_inherited(int fd)
{
	/* The machine may not allow it: then it is slower. */
	setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, GATEWAY_CONGESTION, sizeof(GATEWAY_CONGESTION) - 1);
	return on(fd, IPPROTO_TCP, TCP_NODELAY);
}

/* Owned; -errno. address NULL: all. */
static int open_socket(int family, int type, const char *address, uint16_t port, bool transparent)
{
	AUTO_CLOSE int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool ip6 = family == AF_INET6;
	int r = fd < 0 ? -errno : on(fd, SOL_SOCKET, SO_REUSEADDR);

	if (address != NULL)
		inet_pton(family, address, ip6 ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr);
	if (r == 0 && ip6)
		r = on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (r == 0 && transparent)
		r = ip6 ? on(fd, IPPROTO_IPV6, IPV6_TRANSPARENT) : on(fd, IPPROTO_IP, IP_TRANSPARENT);
	if (r == 0 && type == SOCK_STREAM)
		r = gateway_inherited(fd);
	if (r < 0)
		return r;
	if (bind(fd, ip6 ? (const struct sockaddr *)&to6 : (const struct sockaddr *)&to4,
		 ip6 ? sizeof(to6) : sizeof(to4)) < 0)
		return -errno;
	if (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int open_listeners(const struct gateway_wish *wish, struct gateway *g, struct diag *d)
{
	bool ports = g->way == GATEWAY_PORTS, tproxy = g->way == GATEWAY_TPROXY;
	bool loop = g->way == GATEWAY_LOOP;
	size_t n = ports ? wish->nport : 1;

	for (size_t i = 0; i < n; i++) {
		uint16_t port = ports ? wish->port[i] : GATEWAY_LISTENER;

		for (int six = 0; six <= (g->ip6 ? 1 : 0); six++) {
			const char *at = !loop ? NULL : six ? "::1" : "127.0.0.1";
			int fd = open_socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, at, port, tproxy);

			if (fd < 0)
				return diag_errno(d, fd, "egress: a listener in the gateway, port %u", port);
			g->tcp[g->ntcp++] = fd;
		}
	}
	g->dns = open_socket(AF_INET, SOCK_DGRAM, GATEWAY_IP4, GATEWAY_DNS_PORT, false);
	return g->dns < 0 ? diag_errno(d, g->dns, "egress: the name server's socket in the gateway") : 0;
}

static int choose_way(const struct gateway_wish *wish, struct gateway *g)
{
	const char *what;

	g->way = wish->first != GATEWAY_NONE ? wish->first : GATEWAY_TPROXY;
	while (g->way != GATEWAY_PORTS &&
	       nftables_redirect(g->way == GATEWAY_TPROXY, GATEWAY_LISTENER, &what) < 0)
		g->way++;
	return 0;
}

/* --- both sides */

static int flush(struct netlink *n, struct diag *d)
{
	const char *what;
	int r = netlink_flush(n, &what);

	return r < 0 ? diag_errno(d, r, "egress: %s", what) : 0;
}

/* A kernel without IPv6, or one that has it switched off, is no error. */
static bool flush_ip6(struct netlink *n)
{
	const char *what;
	bool ok = netlink_flush(n, &what) == 0;

	/* Answers that nobody has read would be taken for those of the next requests. */
	if (!ok) {
		netlink_done(n);
		if (netlink_open(n, NETLINK_ROUTE, 0) < 0)
			n->fd = -1;
	}
	return ok;
}

/* Not so either where only its sockets are refused (EAFNOSUPPORT): RestrictAddressFamilies= of a systemd unit. */
static bool ip6_sockets(void)
{
	AUTO_CLOSE int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 || errno != EAFNOSUPPORT;
}

static int make_gateway(int box, const struct gateway_wish *wish, struct gateway *g, struct diag *d)
{
	struct netlink n;
	int r = netlink_open(&n, NETLINK_ROUTE, 0);

	if (r < 0)
		return diag_errno(d, r, "egress: rtnetlink");
	put_veth(&n, box);
	r = wish->first == GATEWAY_LOOP ? -EOPNOTSUPP : flush(&n, d);
	if (r == -EOPNOTSUPP)
		g->way = GATEWAY_LOOP;
	if (r == 0) {
		put_quiet(&n, GW_NAME, "the gateway's IPv6");
		g->ip6 = flush_ip6(&n) && ip6_sockets();
		put_up(&n, "lo", 0, "the gateway's loopback");
		put_up(&n, GW_NAME, MTU, "the gateway's interface");
		put_address(&n, GW_NAME, GATEWAY_IP4, 30, "the gateway's address");
		put_neighbour(&n, GW_NAME, GATEWAY_BOX_IP4, box_mac, "the gateway's neighbour");
		put_route(&n, "0.0.0.0", 0, RTN_LOCAL, NULL, "lo", "a route to every address");
		r = flush(&n, d);
	}
	if (r == 0 && g->ip6) {
		put_address(&n, GW_NAME, GATEWAY_IP6, 64, "the gateway's IPv6 address");
		put_neighbour(&n, GW_NAME, GATEWAY_BOX_IP6, box_mac, "the gateway's IPv6 neighbour");
		put_route(&n, "::", 0, RTN_LOCAL, NULL, "lo", "a route to every IPv6 address");
		g->ip6 = flush_ip6(&n);
	}
	netlink_done(&n);
	if (r == 0)
		r = choose_way(wish, g);
	return r == 0 ? open_listeners(wish, g, d) : r;
}

/*
 * What nobody has: a connection there fails at once, unless a rule may mean it. Not so what others have (private networks,
 * the metadata services of clouds): who tries those is told.
 */
static const struct {
	const char *address;
	uint8_t bits;
} unreachable[] = {
	{ "192.0.2.0", 24 },  { "198.51.100.0", 24 }, { "203.0.113.0", 24 },
	{ "224.0.0.0", 4 },   { "240.0.0.0", 4 },     { "0.0.0.0", 8 },
	{ "2001:db8::", 32 }, { "fd63:7362::", 32 },  { "fec0::", 10 },
};

static void put_unreachable(struct netlink *n, const struct gateway_wish *wish, int family)
{
	for (size_t i = 0; i < ARRAY_SIZE(unreachable); i++) {
		struct address a = address_of(unreachable[i].address);

		if (a.family != family)
			continue;
		if (wish->wanted != NULL && wish->wanted(wish->arg, family, a.bytes, unreachable[i].bits))
			continue;
		put_route(n, unreachable[i].address, unreachable[i].bits, RTN_UNREACHABLE, NULL, NULL,
			  "a route that refuses");
	}
}

/*
 * A socket that names its interface goes round the rules for routes (SO_BINDTODEVICE, IP_MULTICAST_IF: "on link",
 * ip_route_output_key_hash_rcu of the kernel): its datagrams would be taken, and end in the gateway without a word.
 * Where a kernel has no nf_tables they do.
 */
static int refuse_datagrams(const struct gateway *g, struct diag *d)
{
	struct in_addr server;
	const char *what;
	int r;

	inet_pton(AF_INET, GATEWAY_IP4, &server);
	r = nftables_only_tcp(BOX_INDEX, server, GATEWAY_DNS_PORT, &what);
	return r < 0 && g->way != GATEWAY_PORTS ? diag_errno(d, r, "egress: %s in the box", what) : 0;
}

static int make_box(const struct gateway_wish *wish, struct gateway *g, struct diag *d)
{
	struct netlink n, news;
	int r = netlink_open(&n, NETLINK_ROUTE, 0);

	if (r < 0)
		return diag_errno(d, r, "egress: rtnetlink");
	r = netlink_open(&news, NETLINK_ROUTE, RTMGRP_LINK);
	if (r < 0) {
		netlink_done(&n);
		return diag_errno(d, r, "egress: rtnetlink");
	}
	if (g->ip6) {
		put_quiet(&n, BOX_NAME, "the box's IPv6");
		g->ip6 = flush_ip6(&n);
	}
	put_up(&n, BOX_NAME, MTU, "the box's interface");
	put_address(&n, BOX_NAME, GATEWAY_BOX_IP4, 30, "the box's address");
	put_neighbour(&n, BOX_NAME, GATEWAY_IP4, gw_mac, "the box's neighbour");
	/* There are the proxy and the name server. The kernel's own route to it has no way of sending. */
	put_route(&n, GATEWAY_IP4, 32, RTN_UNICAST, NULL, BOX_NAME, "the route to the gateway");
	put_route(&n, "0.0.0.0", 0, RTN_UNICAST, GATEWAY_IP4, BOX_NAME, "the box's route");
	put_unreachable(&n, wish, AF_INET);
	/* Last: a route's gateway is looked for by the rules, too. Nothing runs in the box yet. */
	put_tcp_alone(&n, AF_INET);
	r = flush(&n, d);
	if (r == 0 && g->ip6) {
		/* Alone: who else is looked for on the wire is not there, which takes seconds. */
		put_address(&n, BOX_NAME, GATEWAY_BOX_IP6, 128, "the box's IPv6 address");
		put_neighbour(&n, BOX_NAME, GATEWAY_IP6, gw_mac, "the box's IPv6 neighbour");
		put_route(&n, GATEWAY_IP6, 128, RTN_UNICAST, NULL, BOX_NAME, "the IPv6 route to the gateway");
		put_route(&n, "fd63:7362:2::", 96, RTN_UNICAST, GATEWAY_IP6, BOX_NAME,
			  "the route of IPv6 names");
		put_route(&n, "::", 0, RTN_UNICAST, GATEWAY_IP6, BOX_NAME, "the box's IPv6 route");
		put_unreachable(&n, wish, AF_INET6);
		put_tcp_alone(&n, AF_INET6);
		g->ip6 = flush_ip6(&n);
	}
	/* Made when the interface is up, which the kernel decides by and by (addrconf_notify). */
	if (r == 0) {
		r = netlink_wait_up(&news, BOX_INDEX, UP_MS);
		if (r < 0)
			diag_errno(d, r, "egress: the box's interface does not come up");
	}
	netlink_done(&news);
	/* A kernel that makes none has none to take away. */
	if (r == 0) {
		put_no_groups(&n, BOX_NAME);
		flush_ip6(&n);
	}
	netlink_done(&n);
	return r == 0 ? refuse_datagrams(g, d) : r;
}

/* --- the box alone */

static int redirect_loop(struct diag *d)
{
	static const struct {
		const char *address;
		unsigned bytes;
	} own[] = { { "127.0.0.0", 1 }, { GATEWAY_BOX_IP4, 4 }, { "::1", 16 }, { GATEWAY_BOX_IP6, 16 } };
	struct nftables_own rows[ARRAY_SIZE(own)], server = { AF_INET, 4, { 0 } };
	const char *what;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		struct address a = address_of(own[i].address);

		rows[i] = (struct nftables_own){ .family = a.family, .bytes = own[i].bytes };
		memcpy(rows[i].address, a.bytes, sizeof(a.bytes));
	}
	inet_pton(AF_INET, GATEWAY_IP4, server.address);
	r = nftables_loop(rows, ARRAY_SIZE(rows), &server, GATEWAY_LISTENER, &what);
	if (r == 0)
		return 0;
	diag_set(
	    d, r,
	    "egress: this kernel has no veth(4), by which the sandbox's network is joined to it, and for its "
	    "loopback alone it lacks %s: %s",
	    what, strerror(-r));
	diag_try(d, "sudo modprobe veth, a kernel with CONFIG_VETH, or --net none");
	return r;
}

static int make_loop(const struct gateway_wish *wish, struct gateway *g, struct diag *d)
{
	struct netlink n;
	int r = netlink_open(&n, NETLINK_ROUTE, 0);

	if (r < 0)
		return diag_errno(d, r, "egress: rtnetlink");
	put_up(&n, "lo", 0, "the box's loopback");
	put_address(&n, "lo", GATEWAY_IP4, 32, "the name server's address");
	put_address(&n, "lo", GATEWAY_BOX_IP4, 32, "the box's address");
	put_route(&n, "0.0.0.0", 0, RTN_UNICAST, NULL, "lo", "the box's route");
	put_unreachable(&n, wish, AF_INET);
	put_tcp_alone(&n, AF_INET);
	r = flush(&n, d);
	if (r == 0) {
		put_address(&n, "lo", GATEWAY_IP6, 128, "the gateway's IPv6 address");
		put_address(&n, "lo", GATEWAY_BOX_IP6, 128, "the box's IPv6 address");
		/* By the loopback the kernel has no others: a unicast route would refuse (ip6_route_info_create). */
		put_route(&n, "fd63:7362:2::", 96, RTN_LOCAL, NULL, "lo", "the route of IPv6 names");
		put_route(&n, "::", 0, RTN_LOCAL, NULL, "lo", "the box's IPv6 route");
		put_unreachable(&n, wish, AF_INET6);
		put_tcp_alone(&n, AF_INET6);
		g->ip6 = flush_ip6(&n) && ip6_sockets();
	}
	netlink_done(&n);
	if (r == 0)
		r = redirect_loop(d);
	return r == 0 ? open_listeners(wish, g, d) : r;
}

int gateway_make_within(int box, const struct gateway_wish *wish, struct gateway *ret, struct diag *d)
{
	struct netlink news;
	bool loop;
	int r;

	*ret = (struct gateway){ .dns = -1, .diag = -1 };
	if (unshare(CLONE_NEWNET) < 0)
		return diag_errno(d, -errno, "egress: a network namespace for the gateway");
	r = netlink_open(&news, NETLINK_ROUTE, RTMGRP_LINK);
	if (r < 0)
		return diag_errno(d, r, "egress: rtnetlink");
	r = make_gateway(box, wish, ret, d);
	loop = ret->way == GATEWAY_LOOP;
	if ((r == 0 || loop) && setns(box, CLONE_NEWNET) < 0)
		r = diag_errno(d, -errno, "egress: entering the network namespace of the box");
	else if (r == 0 || loop)
		r = loop ? make_loop(wish, ret, d) : make_box(wish, ret, d);
	/* Who listens there is a hint: a kernel without it gives none. */
	if (r == 0)
		ret->diag = orphan_ask();
	/* The box's side is up from its start: it came last. */
	if (r == 0 && !loop) {
		r = netlink_wait_up(&news, GW_INDEX, UP_MS);
		if (r < 0)
			diag_errno(d, r, "egress: the gateway's interface does not come up");
	}
	netlink_done(&news);
	if (r < 0)
		gateway_done(ret);
	return r;
}

int gateway_make(int box, const struct gateway_wish *wish, struct gateway *ret, struct diag *d)
{
	AUTO_CLOSE int user = ioctl(box, NS_GET_USERNS);

	*ret = (struct gateway){ .dns = -1, .diag = -1 };
	if (user < 0)
		return diag_errno(d, -errno, "egress: the user namespace of the box");
	if (setns(user, CLONE_NEWUSER) < 0)
		return diag_errno(d, -errno, "egress: entering the user namespace of the box");
	return gateway_make_within(box, wish, ret, d);
}

size_t gateway_fds(struct gateway *g, int *fds[GATEWAY_FDS])
{
	size_t n = 0;

	fds[n++] = &g->dns;
	for (size_t i = 0; i < g->ntcp; i++)
		fds[n++] = &g->tcp[i];
	for (size_t i = 0; i < g->ninside; i++)
		fds[n++] = &g->inside[i];
	if (g->diag >= 0)
		fds[n++] = &g->diag;
	return n;
}

void gateway_done(struct gateway *g)
{
	int *fds[GATEWAY_FDS];
	size_t n = gateway_fds(g, fds);

	for (size_t i = 0; i < n; i++)
		mem_close_fd(fds[i]);
	g->ntcp = g->ninside = 0;
}
