/* SPDX-License-Identifier: MIT */
/*
 * IP-02: a datagram to a name of the host; the harness counts what comes
 * in.
 *
 * Remedy: own network namespace; Landlock
 *         LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET.
 * See: unix(7); landlock(7)
 */
#include "sock.h"

PROBE("ipc-abstract-dgram", "an abstract datagram socket of the host takes nothing")
{
	struct sockaddr_un sa;
	size_t n;
	long r;
	int fd;

	LOOK_NEED(name, "CANARY_ABS_DGRAM");
	n = sock_abstract(&sa, name);
	fd = sock_new(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_sendto, (long)fd, "?", 1L, (long)MSG_NOSIGNAL, &sa, (long)n);
	look_close(fd);
	return r == 1 || r == -EAGAIN ? probe_allowed("sendto", "the host's socket took it")
				      : probe_denied((int)-r, "sendto", "%s", probe_errno_name((int)-r));
}
