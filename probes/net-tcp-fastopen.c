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
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long port = probe_input_long("CANARY_TCP"), r;
	struct probe_result seen;
	int fd;

	if (port < 0)
		return probe_na("needs CANARY_TCP");
	sa.sin_port = htons((unsigned short)port);
	fd = sock_new(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));

	r = probe_sys(SYS_sendto, (long)fd, "?", 1L, (long)(MSG_FASTOPEN | MSG_NOSIGNAL), &sa,
		      (long)sizeof(sa));
	if (r == -EINPROGRESS)
		r = -sock_finish(fd);
	seen = r < 0 ? probe_denied((int)-r, "sendto MSG_FASTOPEN", "%s", probe_errno_name((int)-r))
		     : sock_listen(fd, "sendto MSG_FASTOPEN");
	look_close(fd);
	return seen;
}
