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
	struct sockaddr_in sa;
	long r;
	struct probe_result seen;
	const int one = 1;
	int fd = sock_to_host(&sa, &seen);

	if (fd < 0)
		return seen;

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
