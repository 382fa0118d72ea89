/* SPDX-License-Identifier: MIT */
/*
 * A TCP connection to 127.0.0.1 and, where there is IPv6, to ::1, with a byte echoed; UDP to
 * itself.
 * Remedy: `lo` must be up in the sandbox's network namespace (bubblewrap does it); look at the
 *   filter's socket rows with --list-syscalls.
 * See: ip(7), ipv6(7)
 */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

/* Listens on the address, connects to it and passes a byte there and back. */
static bool echo(struct sockaddr *a, socklen_t len)
{
	int l = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), c, s;
	char byte = 0;

	if (l < 0 || bind(l, a, len) < 0 || listen(l, 1) < 0 || getsockname(l, a, &len) < 0)
		return false;
	c = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c < 0 || connect(c, a, len) < 0)
		return false;
	s = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	return s >= 0 && write(c, "x", 1) == 1 && read(s, &byte, 1) == 1 && byte == 'x' &&
	       write(s, "y", 1) == 1 && read(c, &byte, 1) == 1 && byte == 'y';
}

PROBE("ok-loopback", "programs inside reach each other over loopback")
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(a4);
	char c = 0;
	int fd;

	FAIL_IF(!echo((struct sockaddr *)&a4, sizeof(a4)), "127.0.0.1");
	if (!echo((struct sockaddr *)&a6, sizeof(a6)) && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
		return probe_denied(errno, "::1", "failed here");
	a4.sin_port = 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	FAIL_IF(fd < 0 || bind(fd, (struct sockaddr *)&a4, sizeof(a4)) < 0, "udp bind");
	FAIL_IF(getsockname(fd, (struct sockaddr *)&a4, &len) < 0, "getsockname");
	FAIL_IF(sendto(fd, "p", 1, 0, (struct sockaddr *)&a4, sizeof(a4)) != 1 || read(fd, &c, 1) != 1 ||
		    c != 'p',
		"udp");
	return probe_allowed("loopback", "bytes came back");
}
