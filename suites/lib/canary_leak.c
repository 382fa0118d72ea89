/* SPDX-License-Identifier: MIT */
/* What the caller of a launcher hands on without knowing, and what is known of the host without planting. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <net/if.h>
#include <signal.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "canary.h"
#include "canary_net.h"
#include "mem.h"
#include "path.h"
#include "util.h"

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

void canary_leak(const struct canary_site *s)
{
	static const int files[] = { 7, 10, 251 };
	AUTO_FREE char *path =
	    s->outside != NULL ? path_join(s->outside, "canary") : xstrdup("/proc/self/status");
	int fds[] = { open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), open(path, O_RDONLY | O_CLOEXEC) };

	/* The originals may have got one of the numbers: go above them first. */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		int high = fcntl(fds[i], F_DUPFD_CLOEXEC, 300);

		if (high >= 0) {
			close(fds[i]);
			fds[i] = high;
		}
	}
	dup2(fds[0], 12);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		dup2(fds[1], files[i]);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	for (size_t i = 0; i < s->env.n; i++)
		putenv(s->env.v[i]);
	signal(SIGUSR1, SIG_IGN);
	personality(ADDR_NO_RANDOMIZE);
}

void canary_etc(struct strv *ret)
{
#define SYSMASK(path, kind, why) path,
	static const char *const masked[] = {
#include "data/sysmasks.def"
	};
#undef SYSMASK

	for (size_t i = 0; i < ARRAY_SIZE(masked); i++) {
		AUTO_FREE char *real = realpath(masked[i], NULL);
		struct stat st;

		if (real != NULL && stat(real, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		    (st.st_mode & S_IROTH) != 0 && access(real, R_OK) == 0 && !strv_has(ret, real))
			strv_add(ret, real);
	}
}

char *canary_namespaces(void)
{
	static const char *const names[] = { "user", "mnt", "pid", "ipc", "uts", "cgroup", "net" };
	char *out = xstrdup("");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO_FREE char *path = xasprintf("/proc/self/ns/%s", names[i]);
		struct stat st;
		char *more;

		if (stat(path, &st) < 0)
			continue;
		more = xasprintf("%s%s%s=%lu", out, out[0] != '\0' ? "," : "", names[i],
				 (unsigned long)st.st_ino);
		free(out);
		out = more;
	}
	return out;
}

/* The first line of a file without its newline, or NULL. */
static char *canary_line(const char *path)
{
	FILE *f = fopen(path, "re");
	char buf[256];
	bool ok = f != NULL && fgets(buf, sizeof(buf), f) != NULL;

	if (f != NULL)
		fclose(f);
	if (!ok)
		return NULL;
	buf[strcspn(buf, "\n")] = '\0';
	return xstrdup(buf);
}

/* "eth0=02:fc:...,wlan0=...": of this network namespace, which /sys may not show. */
static void canary_interfaces(struct canary_site *s)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *all = if_nameindex();
	char *out = xstrdup("");

	for (struct if_nameindex *i = all; fd >= 0 && i != NULL && i->if_index != 0; i++) {
		struct ifreq q = { 0 };
		const unsigned char *m = (const unsigned char *)q.ifr_hwaddr.sa_data;
		char *more;

		snprintf(q.ifr_name, sizeof(q.ifr_name), "%s", i->if_name);
		if (ioctl(fd, SIOCGIFHWADDR, &q) < 0 || q.ifr_hwaddr.sa_family != ARPHRD_ETHER)
			continue;
		more = xasprintf("%s%s%s=%02x:%02x:%02x:%02x:%02x:%02x", out, out[0] != '\0' ? "," : "",
				 i->if_name, m[0], m[1], m[2], m[3], m[4], m[5]);
		free(out);
		out = more;
	}
	if (out[0] != '\0')
		canary_input(s, "CANARY_IFACES", out);
	free(out);
	/* Without AF_NETLINK there is no list, and glibc's would walk it all the same. */
	if (all != NULL)
		if_freenameindex(all);
}

/* The interface of the default route in /proc/net/route or ipv6_route. */
static void canary_routes(struct canary_site *s)
{
	FILE *f = fopen("/proc/net/route", "re");
	char line[256], dev[64], dst[64];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%63s %63s", dev, dst) == 2 && streq(dst, "00000000") &&
		    !canary_has_input(s, "CANARY_ROUTE"))
			canary_input(s, "CANARY_ROUTE", dev);
	}
	if (f != NULL)
		fclose(f);
	f = fopen("/proc/net/ipv6_route", "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "00000000000000000000000000000000 00 %*s %*s %*s %*s %*s %*s %*s %63s",
			   dev) == 1 &&
		    !streq(dev, "lo") && !canary_has_input(s, "CANARY_ROUTE6"))
			canary_input(s, "CANARY_ROUTE6", dev);
	}
	if (f != NULL)
		fclose(f);
}

/*
 * Lets in only what came over the loopback device: the host's own packets to its
 * own addresses do. Some kernels keep filters from ordinary users; then the
 * oracle sends strangers away.
 */
static void canary_only_local(int fd)
{
	struct sock_filter insn[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, if_nametoindex("lo"), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ~0u),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_SIZE(insn), insn };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		return;
}

/* A listener on an address of the host's that is not loopback. */
static void canary_lan(struct canary_site *s)
{
	struct ifaddrs *list = NULL;
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in sa = { 0 };
	socklen_t len = sizeof(sa);
	char text[32], host[INET_ADDRSTRLEN];

	if (fd < 0 || getifaddrs(&list) < 0)
		return;
	canary_only_local(fd);
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET &&
		    (i->ifa_flags & IFF_LOOPBACK) == 0 && sa.sin_family == 0)
			memcpy(&sa, i->ifa_addr, sizeof(sa));
	}
	freeifaddrs(list);
	sa.sin_port = 0;
	if (sa.sin_family != AF_INET || bind(fd, (struct sockaddr *)&sa, len) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) < 0 ||
	    inet_ntop(AF_INET, &sa.sin_addr, host, sizeof(host)) == NULL)
		return;
	snprintf(text, sizeof(text), "%s:%u", host, ntohs(sa.sin_port));
	canary_input(s, "CANARY_LAN", text);
	oracle_add(&s->oracle, "CANARY_LAN", ORACLE_STREAM, TAKE_FD(fd));
}

void canary_net_facts(struct canary_site *s)
{
	AUTO_FREE char *id = canary_line("/etc/machine-id");
	AUTO_CLOSE int vsock = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	canary_interfaces(s);
	canary_routes(s);
	canary_lan(s);
	if (id != NULL && id[0] != '\0')
		canary_input(s, "CANARY_MACHINE_ID", id);
	if (vsock >= 0)
		canary_input(s, "CANARY_VSOCK", "1");
}
