/* SPDX-License-Identifier: MIT */
/* The gateway, made beside a network namespace that plays the box's, in each of its ways. */
#include "egress/gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netfilter_ipv4.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "egress/nftables.h"
#include "unit.h"
#include "util.h"

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_msg(write(fd, text, strlen(text)) > 0, "%s: %s", path, strerror(errno));
	close(fd);
}

static void map_self(uid_t uid)
{
	char line[40];

	snprintf(line, sizeof(line), "0 %u 1", uid);
	write_to("/proc/self/uid_map", line);
}

/* A socket to it; -errno. */
static int to(int family, int type, const char *address, uint16_t port)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool ip6 = family == AF_INET6;
	int fd = socket(family, type, 0);

	inet_pton(family, address, ip6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr);
	if (connect(fd, ip6 ? (const struct sockaddr *)&six : (const struct sockaddr *)&four,
		    ip6 ? sizeof(six) : sizeof(four)) == 0)
		return fd;
	close(fd);
	return -errno;
}

/* A datagram of a byte by the box's interface: 1, or -errno. */
static int by_device(const char *device, const char *address, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, r;

	inet_pton(AF_INET, address, &a.sin_addr);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	r = sendto(fd, "q", 1, 0, (const struct sockaddr *)&a, sizeof(a)) == 1 ? 1 : -errno;
	close(fd);
	return r;
}

/* On neither side does the machine's way of sending into the internet count. */
static void has_its_congestion(int fd)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	ck_assert_str_eq(name, GATEWAY_CONGESTION);
}

/* What the next connection was meant for: "ADDRESS PORT". */
static void next_meant(const struct gateway *g, char *buf, size_t size)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	char text[INET6_ADDRSTRLEN];
	int fd = -1;
	bool ip6;

	while (fd < 0)
		for (size_t i = 0; i < g->ntcp && fd < 0; i++)
			fd = accept(g->tcp[i], NULL, NULL);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	has_its_congestion(fd);
	ip6 = a.ss_family == AF_INET6;
	len = sizeof(a);
	if (g->way == GATEWAY_REDIRECT || g->way == GATEWAY_LOOP)
		ck_assert_int_eq(getsockopt(fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP, SO_ORIGINAL_DST, &a, &len),
				 0);
	inet_ntop(a.ss_family,
		  ip6 ? (void *)&((struct sockaddr_in6 *)(void *)&a)->sin6_addr
		      : (void *)&((struct sockaddr_in *)(void *)&a)->sin_addr,
		  text, sizeof(text));
	snprintf(buf, size, "%s %u", text, ntohs(((struct sockaddr_in *)(void *)&a)->sin_port));
	close(fd);
}

static bool wants_ten(void *arg, int family, const void *address, unsigned bits)
{
	(void)arg;
	return family == AF_INET && ((const uint8_t *)address)[0] == 10 && bits == 8;
}

/* In a process of its own, which is in the box's namespaces afterwards. */
static int in_the_box(enum gateway_way way, const char *rp_filter)
{
	static const struct {
		int family;
		const char *address;
		uint16_t port;
		int error;
	} rows[] = {
		{ AF_INET, "198.18.7.9", 80, 0 },
		{ AF_INET, "9.9.9.9", 443, 0 },
		{ AF_INET, "10.1.2.3", 80, 0 },
		{ AF_INET6, "fd63:7362:2::c612:709", 80, 0 },
		{ AF_INET6, "2600::9", 443, 0 },
		{ AF_INET, "198.18.0.1", 53, 0 },
		{ AF_INET, "198.18.0.1", 443, 0 },
		{ AF_INET, "192.168.1.1", 80, 0 },
		{ AF_INET, "169.254.169.254", 80, 0 },
		{ AF_INET6, "fd00::1", 80, 0 },
		{ AF_INET, "192.0.2.1", 80, EHOSTUNREACH },
		{ AF_INET, "240.1.2.3", 80, EHOSTUNREACH },
		{ AF_INET6, "2001:db8::1", 80, EHOSTUNREACH },
		{ AF_INET6, "fd63:7362:9::1", 80, EHOSTUNREACH },
	};
	struct gateway_wish wish = { .first = way, .port = { 80, 443, 53 }, .nport = 3, .wanted = wants_ten };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	uid_t uid = geteuid();
	struct diag d = { 0 };
	struct gateway g;
	char meant[80], want[80];
	const char *what;
	bool rules, loop = way == GATEWAY_LOOP;
	const char *device = loop ? "lo" : "eth0";
	int box, fd;

	ck_assert_int_eq(unshare(CLONE_NEWUSER | CLONE_NEWNET), 0);
	map_self(uid);
	/* A kernel may redirect nothing and have these all the same. */
	rules = nftables_only_tcp(INT_MAX, (struct in_addr){ 0 }, 0, &what) == 0;
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	write_to("/proc/sys/net/ipv4/conf/all/rp_filter", rp_filter);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	close(fd);
	box = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	/* As from outside: gateway_make enters the namespace's owner, and nobody can enter his own. */
	ck_assert_msg(gateway_make_within(box, &wish, &g, &d) == 0, "%s", d.msg);
	if (g.way != way)
		return 77;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].family == AF_INET6 && !g.ip6)
			continue;
		fd = to(rows[i].family, SOCK_STREAM, rows[i].address, rows[i].port);
		ck_assert_msg(rows[i].error == 0 ? fd >= 0 : fd == -rows[i].error, "%s: %s", rows[i].address,
			      strerror(fd < 0 ? -fd : 0));
		if (fd < 0)
			continue;
		/* The kernel's own route to an address of the box has none. */
		if (!loop || !streq(rows[i].address, GATEWAY_IP4))
			has_its_congestion(fd);
		next_meant(&g, meant, sizeof(meant));
		snprintf(want, sizeof(want), "%s %u", rows[i].address, rows[i].port);
		ck_assert_str_eq(meant, want);
		close(fd);
	}
	/* Datagrams: to the name server, and to nobody else. */
	fd = to(AF_INET, SOCK_DGRAM, GATEWAY_IP4, 53);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(send(fd, "q", 1, 0), 1);
	while (recv(g.dns, meant, sizeof(meant), 0) < 0)
		ck_assert_int_eq(errno, EAGAIN);
	/* There it is an address of the box's own, at which nobody is. */
	if (!loop)
		ck_assert_int_eq(to(AF_INET, SOCK_DGRAM, GATEWAY_IP4, 54), -ENETUNREACH);
	ck_assert_int_eq(to(AF_INET, SOCK_DGRAM, "9.9.9.9", 53), -ENETUNREACH);
	ck_assert_int_eq(to(AF_INET6, SOCK_DGRAM, "2600::9", 53), -ENETUNREACH);
	/* One that names its interface goes round the routes, and not round the rules: to the name server it may. */
	if (rules) {
		ck_assert_int_eq(by_device(device, "198.18.0.1", 53), 1);
		while (recv(g.dns, meant, sizeof(meant), 0) < 0)
			ck_assert_int_eq(errno, EAGAIN);
		ck_assert_int_eq(by_device(device, "198.18.0.1", 54), loop ? 1 : -EPERM);
		ck_assert_int_eq(by_device(device, "198.18.0.3", 53), -EPERM);
		ck_assert_int_eq(by_device(device, "9.9.9.9", 53), -EPERM);
		ck_assert_int_eq(by_device(device, "224.0.0.251", 53), -EPERM);
		ck_assert_int_eq(by_device(device, "255.255.255.255", 53), -EPERM);
	}
	/* Without its sockets there is no gateway. */
	gateway_done(&g);
	return 0;
}

#define WAYS (GATEWAY_WAYS - GATEWAY_TPROXY)

START_TEST(what_was_meant_arrives)
{
	/* Another is chosen where the kernel has none: then that is what is shown. */
	static const char *const rp_filter[] = { "0", "1", "2" };
	int r = in_the_box((enum gateway_way)(GATEWAY_TPROXY + _i % WAYS), rp_filter[_i / WAYS]);

	ck_assert(r == 0 || r == 77);
}
END_TEST

Suite *gateway_suite(void)
{
	Suite *s = suite_create("gateway");
	TCase *tc = tcase_create("gateway");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, what_was_meant_arrives, 0, 3 * WAYS);
	suite_add_tcase(s, tc);
	return s;
}
