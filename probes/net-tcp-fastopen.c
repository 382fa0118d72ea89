/* SPDX-License-Identifier: MIT */
/*
 * NE-04: it connects without connect(2): a filter on that call alone misses
 * it.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: tcp(7) TCP_FASTOPEN; landlock(7)
 */
#include "sock.h"

PROBE("net-tcp-fastopen", "a connection by sendto with MSG_FASTOPEN is refused too")
{
	struct sockaddr_in sa;
	long r;
	struct probe_result seen;
	int fd = sock_to_host(&sa, &seen);

	if (fd < 0)
		return seen;

	r = probe_sys(SYS_sendto, (long)fd, "?", 1L, (long)(MSG_FASTOPEN | MSG_NOSIGNAL), &sa,
		      (long)sizeof(sa));
	if (r == -EINPROGRESS)
		r = -sock_finish(fd);
	seen = r < 0 ? probe_denied((int)-r, "sendto MSG_FASTOPEN", "%s", probe_errno_name((int)-r))
		     : sock_listen(fd, "sendto MSG_FASTOPEN");
	look_close(fd);
	return seen;
}
