/* SPDX-License-Identifier: MIT */
/*
 * NE-04: connect(2) then returns 0 at once, and the connection begins with
 * the first write.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: tcp(7)
 */
#include "sock.h"

PROBE("net-fastopen-connect", "a connection delayed by TCP_FASTOPEN_CONNECT is refused too")
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long port = probe_input_long("CANARY_TCP"), r;
	struct probe_result seen;
	const int one = 1;
	int fd;

	if (port < 0)
		return probe_na("needs CANARY_TCP");
	sa.sin_port = htons((unsigned short)port);
	fd = sock_new(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));

	probe_sys(SYS_setsockopt, (long)fd, (long)IPPROTO_TCP, 30L, &one, (long)sizeof(one));
	r = probe_sys(SYS_connect, (long)fd, &sa, (long)sizeof(sa));
	if (r == 0)
		r = probe_sys(SYS_write, (long)fd, "?", 1L);
	if (r == -EINPROGRESS)
		r = -sock_finish(fd);
	seen = r < 0 ? probe_denied((int)-r, "write", "%s", probe_errno_name((int)-r))
		     : sock_listen(fd, "write");
	look_close(fd);
	return seen;
}
